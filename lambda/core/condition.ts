import { Failure, type FailureDetails } from './failure.ts';
import type { Client, TokenRecord } from './vault/journal.ts';
import { iso, isSignIn, openClaims, originOf, recordOf } from './vault/next.ts';
import type { Reading } from './vault/reading.ts';

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
/**
 * So many claims without a report follow one another at once. Each of them may have spent the same token. The waits after
 * that: ten minutes, an hour, six hours, and then a day.
 */
const MAX_QUICK_CLAIMS = 3;
const FIRST_WAIT_MS = 600_000;

/** The condition of a session that could be read. Times are ISO 8601, by Secrets Manager's clock. */
export type Condition =
  | { readonly condition: 'ready' }
  /** With this token. The next run finds out whether the token still works. */
  | { readonly condition: 'logged_out'; readonly at: string }
  /** An earlier logout ended the token: Blink refused it afterwards. */
  | { readonly condition: 'signed_out'; readonly since: string }
  /** Another run may hold the claim, or its refresh may still be in flight. */
  | { readonly condition: 'busy'; readonly until: string }
  | { readonly condition: 'cooling_down'; readonly until: string; readonly why: string }
  /** An earlier run may have spent the token without saving the new one. The next run finds out. */
  | { readonly condition: 'in_doubt' }
  | {
      readonly condition: 'needs_sign_in';
      readonly why: 'refused_by_blink' | 'lost_between_refresh_and_save';
    }
  | { readonly condition: 'secret_full'; readonly until: string };

/** What each condition counts as. The commands also list sessions that could not be read; the text or the journal is `invalid`. */
export const CONDITIONS: Readonly<
  Record<Condition['condition'] | 'invalid' | 'unreadable', 'fine' | 'passes' | 'attention' | 'failure'>
> = {
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
 * Makes no call.
 * @param client the client to be logged out, for which alone a request may rest
 */
export function conditionOf(reading: Reading, client?: Client): Condition {
  const { nowMs, journal, token, createdAtMs } = reading;
  const record = recordOf(journal.journal, token);
  const inDoubt = tokenMayBeLost(reading);
  // The same token stored again lifts a refusal.
  if (record?.refusedAt !== undefined && createdAtMs <= Date.parse(record.refusedAt) + CLOCKS_APART_MS) {
    return isLoggedOut(reading) && !inDoubt
      ? { condition: 'signed_out', since: iso(createdAtMs) }
      : { condition: 'needs_sign_in', why: inDoubt ? 'lost_between_refresh_and_save' : 'refused_by_blink' };
  }
  const heldUntilMs = heldUntil(reading, record);
  if (nowMs < heldUntilMs) return { condition: 'busy', until: iso(heldUntilMs) };
  const rest = restOf(reading, client);
  if (rest !== undefined) return { condition: 'cooling_down', until: iso(rest.untilMs), why: rest.why };
  const writes = journal.journal.writes.map(Date.parse).filter((atMs) => nowMs - atMs < DAY_MS);
  if (writes.length >= MAX_WRITES_A_DAY) {
    return { condition: 'secret_full', until: iso(Math.min(...writes) + DAY_MS) };
  }
  if (inDoubt) return { condition: 'in_doubt' };
  return isLoggedOut(reading) ? { condition: 'logged_out', at: iso(createdAtMs) } : { condition: 'ready' };
}

/** Throws the failure of a logout in the session's condition, unless it can be tried. */
export function requireClaimable(reading: Reading, client?: Client): void {
  const found = conditionOf(reading, client);
  const wait = (until: string) => ({
    retryAfterSeconds: Math.max(1, Math.ceil((Date.parse(until) - reading.nowMs) / 1000)),
  });
  switch (found.condition) {
    case 'busy':
      throw busy(wait(found.until));
    case 'cooling_down':
      throw new Failure('cooling_down', `Blink is not asked again yet: ${found.why}`, wait(found.until));
    case 'signed_out':
      throw refused(false);
    case 'needs_sign_in':
      throw refused(found.why === 'lost_between_refresh_and_save');
    case 'secret_full':
      throw new Failure(
        'secret_full',
        'the secret has no room for more versions until some are older than 24 hours',
        wait(found.until),
      );
    case 'ready':
    case 'logged_out':
    case 'in_doubt':
      return;
    default:
      found satisfies never;
  }
}

export function isLoggedOut({ isMarked, versionId, journal }: Reading): boolean {
  return (
    isMarked ||
    journal.journal.history.some(
      ({ what, client, savedAs }) => what === 'logged_out' && client === 'own' && savedAs === versionId,
    )
  );
}

/** Whether the client was logged out so recently that a request for it is a repeated delivery. */
export function isRepeated(reading: Reading, client: Client = 'own'): boolean {
  const { nowMs, createdAtMs, journal } = reading;
  const isRecent = (atMs: number) => nowMs - atMs < REPEATED_DELIVERY_MS;
  if (client === 'own') return isLoggedOut(reading) && isRecent(createdAtMs);
  return journal.journal.history.some(
    (event) => event.what === 'logged_out' && event.client === client && isRecent(Date.parse(event.at)),
  );
}

/** Whether an earlier run may have used this refresh token without saving the new one. */
export function tokenMayBeLost(reading: Reading): boolean {
  return openClaims(reading).inDoubt || reading.earlier?.inDoubt === true;
}

/** When the claims on this token end, and the claim whose run may still log this save out. */
function heldUntil(reading: Reading, record: TokenRecord | undefined): number {
  const { journal, versionId, earlier } = reading;
  const saver = isLoggedOut(reading) ? undefined : originOf(journal.journal, versionId)?.claim;
  const ends = [...openClaims(reading).claims, saver].map((claim) => claim?.until);
  const timesMs = [...ends, record?.inFlightUntil].map((end) => (end === undefined ? 0 : Date.parse(end)));
  return Math.max(earlier?.heldUntilMs ?? 0, ...timesMs);
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
      untilMs:
        Date.parse(last.at) + Math.min(FIRST_WAIT_MS * 6 ** (claims.length - MAX_QUICK_CLAIMS), DAY_MS),
      why: `${claims.length} runs started with this token and none reported a result`,
    });
  }
  const [longest] = rests.toSorted((a, b) => b.untilMs - a.untilMs);
  return longest !== undefined && reading.nowMs < longest.untilMs ? longest : undefined;
}

/** A sign-in ends earlier waits. The current version may be one that no run has claimed. */
function isSinceSignIn(reading: Reading, at: string): boolean {
  const { journal } = reading.journal;
  const signedInAtMs = isSignIn(reading) ? reading.createdAtMs : Date.parse(journal.signedInAt ?? at);
  return Date.parse(at) > signedInAtMs - CLOCKS_APART_MS;
}

export function busy(details: FailureDetails = {}): Failure {
  return new Failure('session_busy', 'another run holds this session', details);
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
