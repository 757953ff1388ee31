import {
  CreateSecretCommand,
  PutSecretValueCommand,
  paginateListSecrets,
} from '@aws-sdk/client-secrets-manager';
import { Failure } from '../../lambda/core/failure.ts';
import type { SecretStore } from '../../lambda/core/vault/secret-store.ts';
import { secretsFailure, secretsManagerErrorName } from '../../lambda/core/vault/secrets-failure.ts';
import { isAbsentOrDenied, stackKey } from './stack-key.ts';
import type { Target } from './target.ts';

/**
 * Makes the text the session's current version, and creates the secret if there is none. A run in progress finds that
 * AWSCURRENT has moved, and keeps this version.
 */
export async function storeSession(
  target: Target,
  session: string,
  text: string,
): Promise<{ readonly created: boolean }> {
  const { client, sessionSecret } = target;
  const name = sessionSecret(session);
  const put = () => client.send(new PutSecretValueCommand({ SecretId: name, SecretString: text }));
  return asked(async () => {
    try {
      await put();
      return { created: false };
    } catch (error) {
      // Who may only create secrets is denied, also where there is none.
      if (!isAbsentOrDenied(error)) throw error;
    }
    try {
      const Description = 'A session of a Blink client, kept by blink-logout';
      const key = await stackKey(target);
      await client.send(new CreateSecretCommand({ Name: name, Description, SecretString: text, ...key }));
      return { created: true };
    } catch (error) {
      if (secretsManagerErrorName(error) !== 'ResourceExistsException') throw error;
    }
    // Another command has created it meanwhile, or the first put was denied.
    await put();
    return { created: false };
  });
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

/** Where a session is, for a person who may have meant another account. */
export async function placeOf(target: Target, session: string): Promise<string> {
  return placeIn(target, (await target.store.readCurrent(session)).arn);
}

/** `account 111122223333, Region eu-central-1` */
export function placeIn({ local }: Target, arn: string): string {
  const [, , , region, account] = arn.split(':');
  return local !== undefined ? 'the local run' : `account ${account}, Region ${region}`;
}

export interface SessionSecret {
  readonly session: string;
  readonly kmsKeyId: string | undefined;
}

/** The secrets of all sessions, sorted. */
export function sessionSecrets({ client, sessionSecret }: Target): Promise<readonly SessionSecret[]> {
  const prefix = sessionSecret('');
  return asked(async () => {
    const filter = { Filters: [{ Key: 'name' as const, Values: [prefix] }], MaxResults: 100 };
    const pages = await Array.fromAsync(paginateListSecrets({ client }, filter));
    return pages
      .flatMap(({ SecretList = [] }) => SecretList)
      .filter(({ Name }) => Name?.startsWith(prefix))
      .map(({ Name = '', KmsKeyId }) => ({ session: Name.slice(prefix.length), kmsKeyId: KmsKeyId }))
      .sort((a, b) => (a.session < b.session ? -1 : 1));
  });
}
