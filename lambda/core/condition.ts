import { CLAIM_LIFE_SECONDS } from './claim-life.ts';
import { Failure } from './failure.ts';
import type { Client, TokenRecord } from './vault/journal.ts';
import { isSignIn, openOn, originOf, recordOf } from './vault/next.ts';
import type { Reading } from './vault/session-vault.ts';

/** The service's clocks, which date versions and answers, may differ by a few seconds. */
export const CLOCKS_APART_MS = 5_000;
/** Deliveries are repeated within minutes: Standard Webhooks' tolerance is five. */
export const REPEATED_DELIVERY_MS = 5 * 60 * 1000;
/**
 * "Secrets Manager removes unlabeled versions when there are more than 100, but it does not remove versions created less
 * than 24 hours ago" (AWS Secrets Manager User Guide, quotas). The rest is for the versions of a run, and for those that
 * people store.
 */
export const MAX_WRITES_A_DAY = 90;
const DAY_MS = 24 * 60 * 60 * 1000;
/** So many claims without a report follow one another at once. */
const MAX_QUICK_CLAIMS = 3;
/** The waits after so many claims without a report. Each of them may have spent the same token. */
const WAITS_AFTER_CLAIMS_MS: Readonly<Record<number, number>> = {
  3: 600_000,
  4: 3_600_000,
  5: 6 * 3_600_000,
};

/** What a session's condition is. Times are milliseconds by Secrets Manager's clock. */
export type Condition =
  | { readonly kind: 'ready' }
  /** With this token. The next run finds out whether the token still works. */
  | { readonly kind: 'logged_out'; readonly atMs: number }
  /** An earlier logout ended the token: Blink refused it afterwards. */
  | { readonly kind: 'signed_out'; readonly sinceMs: number }
  /** Another run may hold the claim, or its refresh may still be in flight. */
  | { readonly kind: 'busy'; readonly untilMs: number }
  | { readonly kind: 'cooling_down'; readonly untilMs: number; readonly why: string }
  /** An earlier run may have spent the token without saving the new one. The next run finds out. */
  | { readonly kind: 'in_doubt' }
  | { readonly kind: 'needs_sign_in'; readonly reason: 'refused_by_blink' | 'lost_between_refresh_and_save' }
  | { readonly kind: 'secret_full'; readonly untilMs: number }
  /** The secret's text or its journal is unusable. */
  | { readonly kind: 'invalid'; readonly why: string }
  | { readonly kind: 'unreadable'; readonly why: string };

/** What each condition counts as. */
export const CONDITIONS: Readonly<Record<Condition['kind'], 'fine' | 'passes' | 'attention' | 'failure'>> = {
  ready: 'fine',
  logged_out: 'fine',
  signed_out: 'fine',
  busy: 'passes',
  cooling_down: 'passes',
  in_doubt: 'attention',
  needs_sign_in: 'failure',
  invalid: 'failure',
  secret_full: 'failure',
  unreadable: 'failure',
};

/**
 * The condition of a session that could be read. Makes no call.
 * @param client the client to be logged out, for which alone a request may rest
 */
export function conditionOf(reading: Reading, client?: Client): Condition {
  const { nowMs, journal, token } = reading;
  const record = recordOf(journal.journal, token);
  const inDoubt = tokenMayBeLost(reading);
  if (record?.refusedAt !== undefined && !isStoredAgain(reading, record, record.refusedAt)) {
    if (isLoggedOut(reading) && !inDoubt) return { kind: 'signed_out', sinceMs: reading.createdAtMs };
    return {
      kind: 'needs_sign_in',
      reason: inDoubt ? 'lost_between_refresh_and_save' : 'refused_by_blink',
    };
  }
  const heldUntilMs = Math.max(...heldUntil(reading, record));
  if (nowMs < heldUntilMs) return { kind: 'busy', untilMs: heldUntilMs };
  const rest = restOf(reading, client);
  if (rest !== undefined) return { kind: 'cooling_down', ...rest };
  const writes = journal.journal.writes.map(Date.parse).filter((atMs) => nowMs - atMs < DAY_MS);
  if (writes.length >= MAX_WRITES_A_DAY) {
    return { kind: 'secret_full', untilMs: Math.min(...writes) + DAY_MS };
  }
  if (inDoubt) return { kind: 'in_doubt' };
  return isLoggedOut(reading) ? { kind: 'logged_out', atMs: reading.createdAtMs } : { kind: 'ready' };
}

/** The condition of a session that could not be read. */
export function conditionOfFailure({
  code,
  message: why,
}: Failure): Extract<Condition, { kind: 'invalid' | 'unreadable' }> {
  return { kind: code === 'session_invalid' ? 'invalid' : 'unreadable', why };
}

/** Throws the failure of a logout in this condition. A logout can be tried in the others. */
export function requireClaimable(condition: Condition, nowMs: number): void {
  const secondsUntil = (ms: number) => Math.max(1, Math.ceil((ms - nowMs) / 1000));
  switch (condition.kind) {
    case 'busy':
      throw busy(secondsUntil(condition.untilMs));
    case 'cooling_down':
      throw coolingDown(secondsUntil(condition.untilMs), condition.why);
    case 'signed_out':
      throw refused(false);
    case 'needs_sign_in':
      throw refused(condition.reason === 'lost_between_refresh_and_save');
    case 'secret_full':
      throw new Failure(
        'secret_full',
        'the secret has no room for more versions until some are older than 24 hours',
        { retryAfterSeconds: secondsUntil(condition.untilMs) },
      );
    case 'invalid':
      throw new Failure('session_invalid', condition.why);
    case 'unreadable':
      throw new Failure('secrets_unavailable', condition.why);
    case 'ready':
    case 'logged_out':
    case 'in_doubt':
      return;
  }
}

export function isLoggedOut({ isMarked, currentVersionId, journal }: Reading): boolean {
  return (
    isMarked ||
    journal.journal.history.some(
      ({ what, client, savedAs }) =>
        what === 'logged_out' && client === 'own' && savedAs === currentVersionId,
    )
  );
}

/** Whether the client was logged out so recently that a request for it is a repeated delivery. */
export function isRepeated(reading: Reading, client: Client = 'own'): boolean {
  const { nowMs, createdAtMs, journal } = reading;
  const isRecent = (atMs: number) => nowMs - atMs < REPEATED_DELIVERY_MS;
  if (client === 'own') return isLoggedOut(reading) && isRecent(createdAtMs);
  return journal.journal.history.some(
    (event) =>
      event.what === 'logged_out' &&
      event.client === client &&
      isSinceSignIn(reading, event.at) &&
      isRecent(Date.parse(event.at)),
  );
}

/** Whether an earlier run may have used this refresh token without saving the new one. */
export function tokenMayBeLost(reading: Reading): boolean {
  return openClaims(reading).inDoubt || reading.earlier?.inDoubt === true;
}

/** The claims on the current token without a reported end. */
export function openClaims({ journal, token, currentVersionId }: Reading) {
  return openOn(journal.journal, { token, versionId: currentVersionId });
}

/** The ends of the claims on this token, and of the claim whose run may still log this save out. */
function heldUntil(reading: Reading, record: TokenRecord | undefined): readonly number[] {
  const { journal, currentVersionId, earlier } = reading;
  const saver = isLoggedOut(reading) ? undefined : originOf(journal.journal, currentVersionId)?.claim;
  const claims = [...openClaims(reading).claims, ...(saver === undefined ? [] : [saver])];
  return [
    Number.NEGATIVE_INFINITY,
    ...claims.map(({ until }) => Date.parse(until)),
    ...(record?.inFlightUntil === undefined ? [] : [Date.parse(record.inFlightUntil)]),
    ...(earlier === undefined ? [] : [earlier.heldUntilMs]),
  ];
}

/** Until when Blink is left alone: it asked for it, or too many runs have claimed this token without a report. */
function restOf(
  reading: Reading,
  client?: Client,
): { readonly untilMs: number; readonly why: string } | undefined {
  const rests = reading.journal.journal.history
    .filter((event) => [undefined, client].includes(event.client) && isSinceSignIn(reading, event.at))
    .flatMap(({ at, restSeconds, why = '' }) =>
      restSeconds === undefined ? [] : [{ untilMs: Date.parse(at) + restSeconds * 1000, why }],
    );
  const { claims } = openClaims(reading);
  const last = claims.at(-1);
  if (last !== undefined && claims.length >= MAX_QUICK_CLAIMS) {
    rests.push({
      untilMs: Date.parse(last.at) + (WAITS_AFTER_CLAIMS_MS[claims.length] ?? DAY_MS),
      why: `${claims.length} runs started with this token and none reported a result`,
    });
  }
  const [longest] = rests.toSorted((a, b) => b.untilMs - a.untilMs);
  return longest !== undefined && reading.nowMs < longest.untilMs ? longest : undefined;
}

/** A sign-in ends earlier waits. The current version may be one that no run has claimed. */
function isSinceSignIn(reading: Reading, at: string): boolean {
  const { token, currentVersionId: versionId, createdAtMs } = reading;
  const { journal } = reading.journal;
  const signedInAtMs = isSignIn(journal, { versionId, token })
    ? createdAtMs
    : Date.parse(journal.signedInAt ?? at);
  return Date.parse(at) > signedInAtMs - CLOCKS_APART_MS;
}

/** The same token stored again lifts a refusal. */
function isStoredAgain(
  { currentVersionId, createdAtMs }: Reading,
  { versions }: TokenRecord,
  refusedAt: string,
): boolean {
  return !versions.includes(currentVersionId) && createdAtMs > Date.parse(refusedAt) + CLOCKS_APART_MS;
}

/** @param retryAfterSeconds @default the life of a claim */
export function busy(retryAfterSeconds = CLAIM_LIFE_SECONDS): Failure {
  return new Failure('session_busy', 'another run holds this session', { retryAfterSeconds });
}

export function coolingDown(retryAfterSeconds: number, why: string): Failure {
  return new Failure('cooling_down', `Blink is not asked again yet: ${why}`, { retryAfterSeconds });
}

export function refused(lost: boolean, blinkStatus?: number): Failure {
  const status = blinkStatus === undefined ? {} : { blinkStatus };
  return lost
    ? new Failure(
        'reauthentication_required',
        'the refresh token may have been spent without saving the new one, and is not used again; sign in again',
        { reason: 'lost_between_refresh_and_save', ...status },
      )
    : new Failure('reauthentication_required', 'Blink refuses the refresh token; sign in again', {
        reason: 'refused_by_blink',
        ...status,
      });
}
