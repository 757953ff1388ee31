import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { Failure } from '../../core/failure.ts';
import { secretsFailure, secretsManagerErrorName } from '../../core/vault/secrets-failure.ts';

/** The accepted keys of the webhook: the current one, and the previous one until the next rotation. */
export interface WebhookKeys {
  /** Cached for at most a minute. A revoked key may be accepted for that long. */
  recent(): Promise<readonly string[]>;
  /** Cached for at most ten seconds, which limits the reads that unauthenticated callers can cause. */
  renewed(): Promise<readonly string[]>;
}

const KEPT_MS = 60_000;
const RENEWED_AT_MOST_EVERY_MS = 10_000;

/** A text of another form is not accepted as a key. */
const keySchema = v.object({ SecretString: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{24,256}$/)) });

/** @param read reads the accepted keys from Secrets Manager */
export function webhookKeys(read: () => Promise<readonly string[]>, now: () => number): WebhookKeys {
  let keys: readonly string[] = [];
  let readAtMs = Number.NEGATIVE_INFINITY;

  const notOlderThan = (ageMs: number) => async () => {
    if (now() - readAtMs >= ageMs) {
      keys = await read();
      readAtMs = now();
    }
    return keys;
  };
  return { recent: notOlderThan(KEPT_MS), renewed: notOlderThan(RENEWED_AT_MOST_EVERY_MS) };
}

export async function readWebhookKeys(
  client: SecretsManagerClient,
  secretName: string,
): Promise<readonly string[]> {
  const keys = await Promise.all([
    readKey(client, secretName, 'AWSCURRENT'),
    readKey(client, secretName, 'AWSPREVIOUS'),
  ]);
  return keys.flat();
}

async function readKey(
  client: SecretsManagerClient,
  secretName: string,
  stage: 'AWSCURRENT' | 'AWSPREVIOUS',
): Promise<readonly string[]> {
  try {
    const command = new GetSecretValueCommand({ SecretId: secretName, VersionStage: stage });
    const parsed = v.safeParse(keySchema, await client.send(command));
    return parsed.success ? [parsed.output.SecretString] : [];
  } catch (error) {
    if (stage === 'AWSPREVIOUS' && secretsManagerErrorName(error) === 'ResourceNotFoundException') return [];
    throw new Failure('secrets_unavailable', 'the webhook’s key could not be read', {
      awsError: secretsManagerErrorName(error),
      cause: secretsFailure(error),
    });
  }
}
