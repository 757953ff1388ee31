import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { Failure } from '../../core/failure.ts';
import { secretsFailure, secretsManagerErrorName } from '../../core/vault/secrets-failure.ts';
import { acceptedKeys, type KeysText, parseKeysText, type WebhookKey } from '../../core/webhook-keys.ts';

/** The accepted keys of the webhook, which are read again from time to time. */
export interface KeptKeys {
  /** Cached for at most a minute. A removed key may be accepted for that long. */
  recent(): Promise<readonly WebhookKey[]>;
  /** Cached for at most ten seconds, which limits the reads that unauthenticated callers can cause. */
  renewed(): Promise<readonly WebhookKey[]>;
}

const KEPT_MS = 60_000;
const RENEWED_AT_MOST_EVERY_MS = 10_000;

/** @param read reads the accepted keys from Secrets Manager */
export function keptKeys(read: () => Promise<readonly WebhookKey[]>, now: () => number): KeptKeys {
  let keys: readonly WebhookKey[] = [];
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
): Promise<readonly WebhookKey[]> {
  const [current, previous] = await Promise.all([
    readText(client, secretName, 'AWSCURRENT'),
    readText(client, secretName, 'AWSPREVIOUS').catch(absentIfUnknown),
  ]);
  if (current.kind === 'malformed') {
    // Every stranger gets the message.
    throw new Failure('internal_error', 'internal error; the run’s event in the log says why', {
      keysFault: current.why,
    });
  }
  return acceptedKeys(current, previous);
}

/** A key that was never changed has no previous one. */
function absentIfUnknown(error: unknown): undefined {
  if (error instanceof Failure && error.details.awsError === 'ResourceNotFoundException') return undefined;
  throw error;
}

const textSchema = v.object({ SecretString: v.string() });

async function readText(
  client: SecretsManagerClient,
  secretName: string,
  stage: 'AWSCURRENT' | 'AWSPREVIOUS',
): Promise<KeysText> {
  let answer: unknown;
  try {
    answer = await client.send(new GetSecretValueCommand({ SecretId: secretName, VersionStage: stage }));
  } catch (error) {
    throw new Failure('secrets_unavailable', 'the webhook’s keys could not be read', {
      awsError: secretsManagerErrorName(error),
      cause: secretsFailure(error),
    });
  }
  const parsed = v.safeParse(textSchema, answer);
  return parsed.success
    ? parseKeysText(parsed.output.SecretString)
    : { kind: 'malformed', why: 'it is not text' };
}
