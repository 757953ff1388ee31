import type { RenewedToken } from '../blink/blink.ts';
import type { Deadline } from '../deadline.ts';
import { Failure } from '../failure.ts';
import { sessionSecretName } from '../session-name.ts';
import { fullJitterMs, type Timing } from '../timing.ts';
import { journalVersionId } from './journal.ts';
import { CLAIM, CURRENT } from './labels.ts';
import { RECONCILE_WAITS_MS } from './read-session.ts';
import type { SecretStore } from './secret-store.ts';
import { isAccessDenied } from './secrets-failure.ts';
import type { Claim, Reading, SavedSession } from './session-vault.ts';

/** What a first try may have in any case: a machine that slept may wake after the deadline, with the token in hand. */
const FIRST_TRY_MS = 3000;

/** Left at the end for the run to say that it could not save. */
const LAST_WORDS_MS = 1000;

/**
 * Stores the new refresh token as a version, and makes it current only if the claimed one still is. Both steps are
 * idempotent and are retried until the deadline. Only a denied move is not retried: the token is already stored, whereas
 * a denied write would lose it, and the claim has just proven that the secret can be written.
 */
export async function saveGrant(
  store: SecretStore,
  timing: Timing,
  claim: Claim,
  token: RenewedToken,
  deadline: Deadline,
  onRetry: (cause: unknown) => void,
): Promise<SavedSession> {
  const { reading } = claim;
  const name = sessionSecretName(reading.session);
  const versionId = journalVersionId(reading.generation, 'save', claim.attempt);
  const text = reading.stored.withGrant(token);

  const stored = await untilDeadline(timing, deadline, onRetry, () =>
    store.putVersion(name, { versionId, text, label: CLAIM }),
  );
  if (stored.kind === 'over' || stored.value === 'conflict') {
    const cause = stored.kind === 'over' ? stored.cause : undefined;
    throw new Failure('save_failed', 'the new refresh token could not be stored', { cause });
  }

  const made = await untilDeadline(
    timing,
    deadline,
    onRetry,
    () => makeCurrent(store, timing, reading, versionId),
    isAccessDenied,
  );
  if (made.kind === 'over') {
    throw new Failure(
      'save_failed',
      'the new refresh token is stored but not current; the next run makes it so',
      {
        retryable: true,
        cause: made.cause,
      },
    );
  }
  if (made.value === 'superseded') {
    throw new Failure(
      'session_busy',
      'a newer sign-in was stored during this run; it is kept and was not logged out',
    );
  }
  return { reading, versionId };
}

/** A move that fails because the label is on `to` already is success: an answer was lost, or another run made it so. */
async function makeCurrent(
  store: SecretStore,
  timing: Timing,
  { session, generation, createdAtMs }: Reading,
  versionId: string,
): Promise<'current' | 'superseded'> {
  const name = sessionSecretName(session);
  const move = { label: CURRENT, from: generation, to: versionId };
  if ((await store.moveLabel(name, move)) === 'moved') return 'current';
  for (const waitMs of [0, ...RECONCILE_WAITS_MS]) {
    await timing.wait(waitMs);
    const current = await store.readCurrent(name);
    if (current.versionId === versionId) return 'current';
    if (current.createdAtMs > createdAtMs) return 'superseded';
  }
  throw new Failure('secrets_unavailable', 'Secrets Manager does not agree with itself on what is current');
}

type Tried<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'over'; readonly cause: unknown };

async function untilDeadline<T>(
  timing: Timing,
  deadline: Deadline,
  onRetry: (cause: unknown) => void,
  step: () => Promise<T>,
  isFinal: (cause: unknown) => boolean = () => false,
): Promise<Tried<T>> {
  const leftMs = () => Math.max(0, deadline.remainingMs() - LAST_WORDS_MS);
  let cause: unknown;
  for (let tries = 0; tries === 0 || leftMs() > 0; tries++) {
    if (tries > 0) onRetry(cause);
    const tried = await withinMs(timing, tries === 0 ? Math.max(leftMs(), FIRST_TRY_MS) : leftMs(), step);
    if (tried.kind === 'done') return tried;
    cause = tried.cause ?? cause;
    if (isFinal(cause)) break;
    await timing.wait(Math.min(leftMs(), fullJitterMs(timing, tries, 200, 2000)));
  }
  return { kind: 'over', cause };
}

async function withinMs<T>(timing: Timing, ms: number, step: () => Promise<T>): Promise<Tried<T>> {
  const settled = new AbortController();
  const late = timing.wait(ms, settled.signal).then(() => ({ kind: 'over', cause: undefined }) as const);
  try {
    return await Promise.race([attempt(step), late]);
  } finally {
    settled.abort();
  }
}

async function attempt<T>(step: () => Promise<T>): Promise<Tried<T>> {
  try {
    return { kind: 'done', value: await step() };
  } catch (cause) {
    if (cause instanceof Failure) return { kind: 'over', cause };
    throw cause;
  }
}
