import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import { loadSharedConfigFiles } from '@smithy/core/config';
import { CommandError } from './errors/command-error.ts';

/**
 * The client's settings where the SDK's order of precedence differs from the AWS CLI's (AWS CLI User Guide, "Configuration and
 * credentials precedence"): keys in the environment take precedence over AWS_PROFILE but not over --profile, and the CLI also
 * reads AWS_DEFAULT_PROFILE and AWS_DEFAULT_REGION.
 */
export async function awsConfig(options: {
  readonly region?: string;
  readonly profile?: string;
}): Promise<SecretsManagerClientConfig> {
  const { env } = process;
  const region = options.region ?? (env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || undefined);
  const profile = options.profile ?? (env['AWS_PROFILE'] || env['AWS_DEFAULT_PROFILE'] || undefined);
  if (profile !== undefined) await requireProfile(profile);
  const credentials = options.profile === undefined ? environmentCredentials(env) : undefined;
  return {
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile, logger: SILENT }),
    ...(credentials !== undefined && { credentials }),
  };
}

/** Otherwise the SDK warns that keys in the environment are ignored for a profile, which is what --profile is for. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** Otherwise a misspelled profile is told as a missing Region. */
async function requireProfile(profile: string): Promise<void> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  if (Object.hasOwn({ ...configFile, ...credentialsFile }, profile)) return;
  throw new CommandError('profile_unknown', `There is no AWS profile "${profile}".`, [
    'To list the profiles: aws configure list-profiles',
  ]);
}

function environmentCredentials(env: NodeJS.ProcessEnv): SecretsManagerClientConfig['credentials'] {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  const sessionToken = env['AWS_SESSION_TOKEN'];
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}
