import { App } from 'aws-cdk-lib/core';
import { stackName } from '../lambda/core/stack-name.ts';
import { FUNCTIONS_DIRECTORY } from '../lib/blink-logout.ts';
import { buildFunctions } from '../lib/function-bundle.ts';
import { SettingsError } from '../lib/given-settings.ts';
import { readSettingsFile } from '../lib/settings-file.ts';
import { BlinkLogoutStack } from '../lib/stack.ts';

const app = new App();
try {
  const settings = readSettingsFile(process.cwd(), app.node.getAllContext());
  await buildFunctions(FUNCTIONS_DIRECTORY);
  new BlinkLogoutStack(app, stackName(settings.name), { settings });
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  // The CDK's CLI adds a line of its own, about the exit code.
  console.error(`The settings are wrong. Nothing was built or deployed.\n${error.message}`);
  process.exit(1);
}
