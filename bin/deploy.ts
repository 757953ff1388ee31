import { parseArgs } from 'node:util';
import { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { settingsOfTemplate } from '../lib/settings-in-force.ts';
import { linesBeforeDeployment } from './before-deployment.ts';
import { ASSEMBLY, cdk } from './cdk.ts';
import { CommandError } from './session/errors/command-error.ts';
import { Terminal } from './session/terminal/terminal.ts';

/**
 * `npm run deploy`: synthesizes, prints the settings in force and those that differ from the deployed stack, and deploys
 * what was synthesized. All options are passed to `cdk deploy`.
 */
async function deploy(args: readonly string[]): Promise<number> {
  const { context, ...aws } = optionsOfSynthesis(args);
  const options = Object.entries({ ...aws, context }).flatMap(([name, values]) =>
    [values].flat().flatMap((value) => [`--${name}`, value]),
  );
  const synthesis = await cdk(['synth', '--quiet', '--output', ASSEMBLY, ...options]);
  if (synthesis !== 0) return synthesis;
  for (const { stackName, template } of new CloudAssembly(ASSEMBLY).stacks) {
    try {
      const lines = await linesBeforeDeployment(stackName, settingsOfTemplate(template), aws);
      console.log(lines.join('\n'));
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      new Terminal(process, false).failure(error);
      return error.exitCode;
    }
  }
  return cdk(['deploy', '--app', ASSEMBLY, ...args]);
}

/** Of the options of `cdk deploy`, those that `cdk synth` accepts too. */
function optionsOfSynthesis(args: readonly string[]) {
  const options = {
    context: { type: 'string', short: 'c', multiple: true },
    profile: { type: 'string' },
    region: { type: 'string' },
  } as const;
  const { context = [], profile, region } = parseArgs({ args: [...args], options, strict: false }).values;
  return {
    context: context.filter((value) => typeof value === 'string'),
    ...(typeof profile === 'string' && { profile }),
    ...(typeof region === 'string' && { region }),
  };
}

// The CDK CLI, which has the terminal, decides what an interruption does.
process.on('SIGINT', () => {});

process.exitCode = await deploy(process.argv.slice(2));
