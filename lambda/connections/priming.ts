import type { SecretStore } from '../vault/secret-store.ts';

/** Long enough for a cold start. A sign-in may have been stored since an older answer. */
const FRESH_MS = 1_000;
/** How long a run waits for the prefetched answer before it sends a request of its own. */
const WAITS_AT_MOST_MS = 500;

export interface Prefetched<T> {
  /**
   * The first call gets the prefetched answer, unless that is old, late or an error. Every other call sends a request.
   */
  readonly ask: () => Promise<T>;
  /** Resolves when the prefetch has ended, with or without an answer. */
  readonly over: Promise<unknown>;
}

/**
 * Sends a request before a run needs the answer.
 * @param after starts the request when this ends, so that both use one connection: a TLS handshake takes longer
 * @param nowMs the wall clock, which advances while Lambda freezes the function
 */
export function prefetch<T>(
  ask: () => Promise<T>,
  after?: Promise<unknown>,
  nowMs: () => number = Date.now,
): Prefetched<T> {
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

/** Prefetches one session: the store's first reads of it get these answers. */
export function readAhead(store: SecretStore, session: string, after?: Promise<unknown>): SecretStore {
  const current = prefetch(() => store.readCurrent(session), after);
  const versions = prefetch(() => store.listVersions(session), after);
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
