import { Failure } from '../../core/failure.ts';
import type { SecretStore } from '../../core/vault/secret-store.ts';
import { parseStoredKeys } from '../../core/webhook-keys.ts';
import { type Proof, proofsOf } from './proof.ts';

/** The accepted keys of the webhook, by their proofs. They are read again from time to time. */
export interface KeptKeys {
  /** Cached for at most a minute. A removed key may be accepted for that long. */
  recent(): Promise<readonly Proof[]>;
  /** Cached for at most ten seconds, which limits the successful reads that unauthenticated callers can cause. */
  renewed(): Promise<readonly Proof[]>;
}

const KEPT_MS = 60_000;
const RENEWED_AT_MOST_EVERY_MS = 10_000;

/** @param read reads the accepted keys from Secrets Manager */
export function keptKeys(read: () => Promise<readonly Proof[]>): KeptKeys {
  let keys: readonly Proof[] = [];
  let readAtMs = Number.NEGATIVE_INFINITY;

  const notOlderThan = (ageMs: number) => async () => {
    if (Date.now() - readAtMs >= ageMs) {
      keys = await read();
      readAtMs = Date.now();
    }
    return keys;
  };
  return { recent: notOlderThan(KEPT_MS), renewed: notOlderThan(RENEWED_AT_MOST_EVERY_MS) };
}

export async function readWebhookKeys(
  store: Pick<SecretStore, 'readCurrent' | 'readVersion'>,
  secretName: string,
): Promise<readonly Proof[]> {
  const texts = Promise.all([
    store.readCurrent(secretName),
    // A key that was never changed has no previous one.
    store.readVersion(secretName, { label: 'AWSPREVIOUS' }),
  ]);
  const [current, previous] = await texts.catch((cause) => {
    // The store's own failures are about a session.
    throw new Failure('secrets_unavailable', 'the webhook’s keys could not be read', { cause });
  });
  const stored = parseStoredKeys(current.text, previous?.text);
  if (stored.kind !== 'malformed') return stored.keys.flatMap(proofsOf);
  // Every stranger gets the message.
  throw new Failure('internal_error', 'internal error; the run’s event in the log says why', {
    keysFault: stored.why,
  });
}
