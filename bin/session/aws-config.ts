import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import { CommandError, UsageError } from './errors/command-error.ts';

/**
 * The client's settings where the SDK's order of precedence differs from the AWS CLI's (AWS CLI User Guide, "Configuration and
 * credentials precedence"): keys in the environment take precedence over AWS_PROFILE but not over --profile, and the CLI also
 * reads AWS_DEFAULT_PROFILE and AWS_DEFAULT_REGION.
 */
export async function awsConfig(options: {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
}): Promise<Pick<SecretsManagerClientConfig, 'region' | 'profile' | 'logger' | 'credentials'>> {
  const { env } = process;
  const region = regionOf({
    '--region': options.region,
    AWS_REGION: env['AWS_REGION'],
    AWS_DEFAULT_REGION: env['AWS_DEFAULT_REGION'],
  });
  if (options.profile === '') throw new UsageError('--profile needs the name of an AWS profile.');
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

/** The first that is set, even if it is empty. The SDK puts it into a host name. */
function regionOf(sources: Readonly<Record<string, string | undefined>>): string | undefined {
  for (const [name, region] of Object.entries(sources)) {
    if (region === undefined) continue;
    if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(region)) return region;
    throw new UsageError(`${name} must be an AWS Region, such as eu-central-1: a-z, 0-9 and hyphens.`);
  }
  return undefined;
}

async function requireProfile(profile: string): Promise<void> {
  const { env } = process;
  const files = [
    env['AWS_CONFIG_FILE'] ?? join(homedir(), '.aws', 'config'),
    env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(homedir(), '.aws', 'credentials'),
  ];
  for (const file of files) if (profilesIn(await textOf(file)).includes(profile)) return;
  throw new CommandError(
    'profile_unknown',
    `There is no AWS profile named ${profile} in ${files.join(' or ')}.`,
    ['To list the profiles: aws configure list-profiles'],
  );
}

/** Section headers: `[profile name]` in the config file, `[name]` in the credentials file, `[default]` in both. */
function profilesIn(text: string): readonly string[] {
  return [...text.matchAll(/^\s*\[\s*(?:profile\s+)?["']?(.+?)["']?\s*\]/gm)].map(([, name = '']) => name);
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return '';
  }
}

function environmentCredentials(env: NodeJS.ProcessEnv): SecretsManagerClientConfig['credentials'] {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  const sessionToken = env['AWS_SESSION_TOKEN'];
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}
