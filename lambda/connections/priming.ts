import type { SecretStore } from '../vault/secret-store.ts';

/** Enough for a cold start. An older answer is not used: a sign-in may have been stored since. */
const FRESH_MS = 1_000;
/** How long a run waits for an answer that is still to come before it asks again itself. */
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
      const freshForMs = FRESH_MS - (nowMs() - askedAtMs);
      if (!isFirst || freshForMs <= 0) return ask();
      const answer = await withinMs(Math.min(WAITS_AT_MOST_MS, freshForMs), over);
      return answer === 'none' ? ask() : answer.value;
    },
  };
}

/** A store whose first look at one secret is on its way already. */
export function readAhead(store: SecretStore, session: string, after?: Promise<unknown>): SecretStore {
  const current = askAhead(() => store.readCurrent(session), after);
  const versions = askAhead(() => store.listVersions(session), after);
  return {
    ...store,
    readCurrent: (name) => (name === session ? current.ask() : store.readCurrent(name)),
    listVersions: (name) => (name === session ? versions.ask() : store.listVersions(name)),
  };
}

type Answer<T> = { readonly value: T } | 'none';

async function withinMs<T>(ms: number, asked: Promise<Answer<T>>): Promise<Answer<T>> {
  const late = Promise.withResolvers<'none'>();
  const timer = setTimeout(late.resolve, ms, 'none');
  const answer = await Promise.race([asked, late.promise]);
  clearTimeout(timer);
  return answer;
}
