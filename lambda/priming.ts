import { setTimeout } from 'node:timers/promises';
import type { SecretStore } from './vault/secret-store.ts';

/** An answer that was asked for ahead is as good as a new one for so long. */
const FRESH_MS = 5_000;
/** A run waits so long for one that is under way, then it asks for itself: what failed ahead costs a run nothing else. */
const WAITS_AT_MOST_MS = 500;

/**
 * Asks at once, while nobody waits yet. The first call may have that answer; every other call asks, and so does the first
 * where the answer is old, late or a failure.
 * @param nowMs the wall clock, which goes on while the platform freezes the function
 */
export function askAhead<T>(ask: () => Promise<T>, nowMs: () => number = Date.now): () => Promise<T> {
  const askedAtMs = nowMs();
  let ahead: Promise<Answer<T>> | undefined = ask().then(
    (value) => ({ value }),
    () => 'none',
  );
  return async () => {
    const asked = ahead;
    ahead = undefined;
    if (asked === undefined || nowMs() - askedAtMs >= FRESH_MS) return ask();
    const answer = await inTime(asked);
    return answer === 'none' ? ask() : answer.value;
  };
}

/** A store whose first look at one secret is on its way already. */
export function readAhead(store: SecretStore, secretName: string): SecretStore {
  const readCurrent = askAhead(() => store.readCurrent(secretName));
  const listVersions = askAhead(() => store.listVersions(secretName));
  return {
    ...store,
    readCurrent: (name) => (name === secretName ? readCurrent() : store.readCurrent(name)),
    listVersions: (name) => (name === secretName ? listVersions() : store.listVersions(name)),
  };
}

type Answer<T> = { readonly value: T } | 'none';

async function inTime<T>(asked: Promise<Answer<T>>): Promise<Answer<T>> {
  const settled = new AbortController();
  const late = setTimeout(WAITS_AT_MOST_MS, 'none' as const, { signal: settled.signal }).catch(
    () => 'none' as const,
  );
  try {
    return await Promise.race([asked, late]);
  } finally {
    settled.abort();
  }
}
