import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  paginateListSecrets,
} from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { Failure } from '../../lambda/core/failure.ts';
import type { SecretStore } from '../../lambda/core/vault/secret-store.ts';
import { secretsFailure, secretsManagerErrorName } from '../../lambda/core/vault/secrets-failure.ts';
import { stackKey } from './stack-key.ts';
import type { Target } from './target.ts';

export interface StoredVersion {
  readonly versionId: string;
  /** The secret did not exist before. */
  readonly created: boolean;
}

const writtenSchema = v.object({ VersionId: v.string() });

/**
 * Makes the text the session's current version, and creates the secret if there is none. A run in progress finds that
 * AWSCURRENT has moved, and keeps this version.
 */
export async function storeSession(
  target: Target,
  session: string,
  text: string,
  exists: boolean,
): Promise<StoredVersion> {
  const { client, sessionSecret } = target;
  const name = sessionSecret(session);
  try {
    return exists ? await put() : await create();
  } catch (error) {
    const errorName = secretsManagerErrorName(error);
    if (exists && errorName === 'ResourceNotFoundException') return await asked(create);
    if (!exists && errorName === 'ResourceExistsException') return await asked(put);
    throw secretsFailure(error);
  }

  async function put(): Promise<StoredVersion> {
    const written = await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: text }));
    return { versionId: v.parse(writtenSchema, written).VersionId, created: false };
  }

  async function create(): Promise<StoredVersion> {
    const command = new CreateSecretCommand({
      Name: name,
      Description: 'A session of a Blink client, kept by blink-logout',
      SecretString: text,
      ...(await stackKey(target)),
    });
    return { versionId: v.parse(writtenSchema, await client.send(command)).VersionId, created: true };
  }
}

async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw secretsFailure(error);
  }
}

/** The current version, or `undefined` if there is no such session. */
export async function storedVersion(
  store: SecretStore,
  session: string,
): Promise<{ readonly text: string; readonly versionId: string } | undefined> {
  try {
    return await store.readCurrent(session);
  } catch (error) {
    if (error instanceof Failure && error.code === 'session_unknown') return undefined;
    throw error;
  }
}

const arnSchema = v.object({ ARN: v.pipe(v.string(), v.regex(/^arn:[^:]*:secretsmanager:[^:]*:\d+:/)) });

/** Where a session is, for a person who may have meant another account: `account 111122223333, eu-central-1`. */
export async function placeOf({ client, place, sessionSecret }: Target, session: string): Promise<string> {
  if (place.kind === 'local') return 'the local run';
  const secret = new GetSecretValueCommand({ SecretId: sessionSecret(session) });
  const [, , , region, account] = v.parse(arnSchema, await asked(() => client.send(secret))).ARN.split(':');
  return `account ${account}, ${region}`;
}

/** The names of all sessions, sorted. */
export async function sessionNames({
  client,
  sessionSecretPrefix: prefix,
}: Target): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    const filter = { Filters: [{ Key: 'name' as const, Values: [prefix] }], MaxResults: 100 };
    for await (const page of paginateListSecrets({ client, stopOnSameToken: true }, filter)) {
      for (const { Name = '' } of page.SecretList ?? []) {
        if (Name.startsWith(prefix)) names.push(Name.slice(prefix.length));
      }
    }
  } catch (error) {
    throw secretsFailure(error);
  }
  return names.sort();
}
