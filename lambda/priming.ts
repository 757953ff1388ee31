import type { SecretStore } from './vault/secret-store.ts';

/** An answer that was asked for ahead is as good as a new one for so long. */
const FRESH_MS = 5_000;
/** A run waits so long for one that is under way, then it asks for itself: what failed ahead costs a run nothing else. */
const WAITS_AT_MOST_MS = 500;

export interface Ahead<T> {
  /**
   * The first call may have the answer that was asked for ahead; every other call asks, and so does the first where that
   * answer is old, late or a failure.
   */
  readonly ask: () => Promise<T>;
  /** Fulfilled once there is an answer, or none. */
  readonly over: Promise<unknown>;
}

/**
 * Asks while nobody waits yet.
 * @param after what is to be over first, so that one connection serves both: a TLS handshake costs more than the wait
 * @param nowMs the wall clock, which goes on while the platform freezes the function
 */
export function askAhead<T>(
  ask: () => Promise<T>,
  after?: Promise<unknown>,
  nowMs: () => number = Date.now,
): Ahead<T> {
  const askedAtMs = nowMs();
  const asked = after === undefined ? ask() : after.then(ask);
  const over: Promise<Answer<T>> = asked.then(
    (value) => ({ value }),
    () => 'none',
  );
  let isUsed = false;
  return {
    over,
    async ask() {
      const isFirst = !isUsed;
      isUsed = true;
      if (!isFirst || nowMs() - askedAtMs >= FRESH_MS) return ask();
      const answer = await inTime(over);
      return answer === 'none' ? ask() : answer.value;
    },
  };
}

/** A store whose first look at one secret is on its way already. */
export function readAhead(store: SecretStore, secretName: string, after?: Promise<unknown>): SecretStore {
  const current = askAhead(() => store.readCurrent(secretName), after);
  const versions = askAhead(() => store.listVersions(secretName), after);
  return {
    ...store,
    readCurrent: (name) => (name === secretName ? current.ask() : store.readCurrent(name)),
    listVersions: (name) => (name === secretName ? versions.ask() : store.listVersions(name)),
  };
}

type Answer<T> = { readonly value: T } | 'none';

async function inTime<T>(asked: Promise<Answer<T>>): Promise<Answer<T>> {
  const late = Promise.withResolvers<'none'>();
  const timer = setTimeout(late.resolve, WAITS_AT_MOST_MS, 'none');
  const answer = await Promise.race([asked, late.promise]);
  clearTimeout(timer);
  return answer;
}
