import { App } from 'aws-cdk-lib';
import { buildFunction } from '../lib/function-bundle.ts';
import { readSettings, SettingsError } from '../lib/read-settings.ts';
import { gatherSettings } from '../lib/settings-file.ts';
import { BlinkLogoutStack } from '../lib/stack.ts';

const app = new App();
try {
  const { given, overrides } = gatherSettings(process.cwd(), app.node.getAllContext());
  const settings = readSettings(given);
  for (const line of overrides) console.error(line);
  const { directory } = await buildFunction();
  new BlinkLogoutStack(app, settings.name, { settings, bundleDirectory: directory });
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exit(1);
}
