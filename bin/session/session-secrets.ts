import {
  CreateSecretCommand,
  PutSecretValueCommand,
  paginateListSecrets,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { SESSION_SECRET_PREFIX } from '../../lambda/environment.ts';
import { Failure } from '../../lambda/failure.ts';
import { sessionSecretName } from '../../lambda/session-name.ts';
import { secretsFailure, secretsManagerErrorName } from '../../lambda/vault/secrets-failure.ts';

export interface StoredVersion {
  readonly versionId: string;
  /** There was no such secret before. */
  readonly created: boolean;
}

const writtenSchema = v.object({ VersionId: v.string() });

/**
 * Makes the text the session's current version, whatever is current now. A run that is at work finds that AWSCURRENT has
 * moved and keeps its hands off; what earlier runs said of older versions is said of those alone.
 */
export async function storeSession(
  client: SecretsManagerClient,
  session: string,
  text: string,
): Promise<StoredVersion> {
  const name = sessionSecretName(session);
  try {
    const put = new PutSecretValueCommand({ SecretId: name, SecretString: text });
    return { versionId: v.parse(writtenSchema, await client.send(put)).VersionId, created: false };
  } catch (error) {
    if (secretsManagerErrorName(error) !== 'ResourceNotFoundException') throw secretsFailure(error);
  }
  try {
    const create = new CreateSecretCommand({
      Name: name,
      Description: 'A session of a Blink client, kept by blink-logout',
      SecretString: text,
    });
    return { versionId: v.parse(writtenSchema, await client.send(create)).VersionId, created: true };
  } catch (error) {
    throw secretsFailure(error);
  }
}

/** The text that is current, or `undefined` where there is no such session yet. */
export async function storedText(
  readCurrent: () => Promise<{ readonly text: string }>,
): Promise<string | undefined> {
  try {
    return (await readCurrent()).text;
  } catch (error) {
    if (error instanceof Failure && error.code === 'session_unknown') return undefined;
    throw error;
  }
}

/** All sessions there are, in the order of their names. */
export async function sessionNames(client: SecretsManagerClient): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    const filter = { Filters: [{ Key: 'name' as const, Values: [SESSION_SECRET_PREFIX] }], MaxResults: 100 };
    for await (const page of paginateListSecrets({ client, stopOnSameToken: true }, filter)) {
      for (const { Name = '' } of page.SecretList ?? []) {
        if (Name.startsWith(SESSION_SECRET_PREFIX)) names.push(Name.slice(SESSION_SECRET_PREFIX.length));
      }
    }
  } catch (error) {
    throw secretsFailure(error);
  }
  return names.sort();
}
