import { readDeployedSettings } from '../lib/deployed-settings.ts';
import { compareSettings, type RecordedSettings } from '../lib/settings-in-force.ts';
import { awsConfig } from './session/aws-config.ts';
import { awsErrorName } from './session/errors/aws-failure.ts';
import { explainCredentials } from './session/errors/explain-credentials.ts';

export interface AwsOptions {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
}

/**
 * The settings in force, and those that differ from the deployed stack. Throws a CommandError if the Region or the
 * credentials cannot be used: the CDK CLI does not say what to do then.
 */
export async function linesBeforeDeployment(
  stackName: string,
  inForce: RecordedSettings,
  options: AwsOptions,
): Promise<readonly string[]> {
  const deployed = await readDeployedSettings(stackName, await awsConfig(options));
  if (deployed.kind === 'unknown' && deployed.cause !== undefined) {
    const given = Object.entries(options).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}`, value],
    );
    const explained = explainCredentials(deployed.cause, awsErrorName(deployed.cause), given);
    if (explained !== undefined) throw explained;
  }
  return compareSettings(stackName, inForce, deployed);
}
