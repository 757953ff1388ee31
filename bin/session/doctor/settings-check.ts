import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSettings, SettingsError } from '../../../lib/read-settings.ts';
import type { Settings } from '../../../lib/settings.ts';
import { gatherSettings, SETTINGS_FILE } from '../../../lib/settings-file.ts';
import { type DeployedSettings, differingSettings } from '../../../lib/settings-in-force.ts';
import { type Finding, notConfigured, notOk, ok } from './check.ts';

/** Values are left out: an e-mail address may be among them, and the output may be pasted into an issue. */
export function examineSettings(stackName: string, deployed: DeployedSettings): Finding {
  switch (deployed.kind) {
    case 'none':
      return notConfigured('There is no stack to compare with.');
    case 'unknown':
      if (deployed.cause !== undefined) throw deployed.cause;
      return notConfigured(
        `The deployed settings are unknown: ${deployed.why}`,
        'Deploy again: npm run deploy',
      );
    case 'recorded': {
      const file = settingsOfFile(process.cwd());
      if (file === 'missing') {
        return notConfigured(`There is no ${SETTINGS_FILE} in this directory to compare with.`);
      }
      if (file === 'invalid') {
        return notOk(`${SETTINGS_FILE} is not valid.`, 'npm run synth names each fault.');
      }
      if (file.name !== stackName) {
        return notConfigured(
          `${SETTINGS_FILE} is for the stack ${file.name}.`,
          `To check that one: npm run session -- doctor --stack ${file.name}`,
        );
      }
      const names = differingSettings(file, deployed.settings);
      if (names.length === 0) return ok(`The deployed settings are those of ${SETTINGS_FILE}.`);
      return notOk(
        `Deployed settings differ from ${SETTINGS_FILE}: ${names.join(', ')}.`,
        'To deploy the file’s: npm run deploy. It prints both values first.',
      );
    }
  }
}

function settingsOfFile(directory: string): Settings | 'missing' | 'invalid' {
  if (!existsSync(join(directory, SETTINGS_FILE))) return 'missing';
  try {
    return readSettings(gatherSettings(directory, {}).given);
  } catch (error) {
    if (error instanceof SettingsError) return 'invalid';
    throw error;
  }
}
