import { READ_LABELS } from '../core/vault/read-session.ts';
import type { SecretStore } from '../core/vault/secret-store.ts';

/** Long enough for a cold start. A sign-in may have been stored since an older answer. */
const FRESH_MS = 1_000;
/** The initialization does not wait longer. Lambda ends it after 10 s. */
const WAITS_AT_MOST_MS = 500;

/**
 * Sends a request before a run needs the answer, and waits for the answer, so that Lambda processes it at full speed.
 * @returns a function whose first call gets the prefetched answer, unless that is old, late or an error. Every other call
 *   sends a request
 */
export async function prefetch<T>(ask: () => Promise<T>): Promise<() => Promise<T>> {
  // The wall clock advances while Lambda freezes the function.
  const askedAtMs = Date.now();
  let prefetched = await settledInTime(ask());
  return async () => {
    const answer = Date.now() - askedAtMs < FRESH_MS ? prefetched : 'none';
    prefetched = 'none';
    return answer === 'none' ? ask() : answer.value;
  };
}

/** Prefetches one session: the store's first reads of its current version and of its labels get these answers. */
export async function prefetchSession(store: SecretStore, session: string): Promise<SecretStore> {
  const [current, ...versions] = await Promise.all([
    prefetch(() => store.readCurrent(session)),
    ...READ_LABELS.map((label) => prefetch(() => store.readVersion(session, { label }))),
  ]);
  const byLabel = new Map(READ_LABELS.map((label, index) => [label, versions[index]]));
  return {
    ...store,
    readCurrent: (secret) => (secret === session ? current() : store.readCurrent(secret)),
    readVersion(secret, version) {
      const prefetched = secret === session && 'label' in version ? byLabel.get(version.label) : undefined;
      return prefetched?.() ?? store.readVersion(secret, version);
    },
  };
}

type Answer<T> = { readonly value: T } | 'none';

async function settledInTime<T>(asked: Promise<T>): Promise<Answer<T>> {
  const late = Promise.withResolvers<'none'>();
  const timer = setTimeout(late.resolve, WAITS_AT_MOST_MS, 'none');
  const answer = asked.then(
    (value) => ({ value }),
    () => 'none' as const,
  );
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
