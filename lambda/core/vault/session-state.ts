import { CLAIM_LIFE_SECONDS } from '../claim-life.ts';
import { CLAIM, isEnd, type JournalEntry, LOGGED_OUT, parseEntry, type TokenDigest } from './journal.ts';
import type { SecretVersion } from './secret-store.ts';

/** The state of a session, computed from the versions of its secret without any call. */
export interface SessionState {
  readonly loggedOut: 'never' | 'recently' | 'long_ago';
  readonly availability: Availability;
  /** Attempts of which only the claim is known. Their runs died, or got no answer to the claim. A save may exist unseen. */
  readonly unreportedAttempts: readonly number[];
  /** All attempts on this token that reported no end and no save, those included whose entries are gone. */
  readonly unreported: number;
  /** An earlier run may have used this refresh token without saving the new one. */
  readonly tokenMayBeLost: boolean;
  /** Other clients that were logged out within the last minutes. */
  readonly recentlyLoggedOut: ReadonlyMap<string, number>;
  /** Clients whose logout Blink rejected within the last minutes, with the seconds until it may be asked for again. */
  readonly rejected: ReadonlyMap<string, number>;
}

export type Availability =
  | { readonly kind: 'claimable'; readonly attempt: number; readonly takesOver: boolean }
  /** Another run may hold the claim, or its refresh may still be in flight. */
  | { readonly kind: 'busy'; readonly retryAfterSeconds: number }
  /** Blink is not asked for a while. */
  | { readonly kind: 'cooling_down'; readonly retryAfterSeconds: number }
  /** A run saved the new token, and its claim ended before the new token was made current. */
  | { readonly kind: 'saved_not_current'; readonly versionId: string }
  | { readonly kind: 'refused'; readonly lost: boolean }
  | { readonly kind: 'takeovers_exhausted' }
  | { readonly kind: 'no_room' };

/** The service's clocks, which date versions and answers, may differ by a few seconds. */
const CLOCKS_APART_MS = 5_000;
export const CLAIM_LIFE_MS = CLAIM_LIFE_SECONDS * 1000;
/** Deliveries are repeated within minutes: Standard Webhooks' tolerance is five. */
export const REPEATED_DELIVERY_MS = 5 * 60 * 1000;
/** The wait before a request that Blink rejected is sent again. */
export const REJECTED_MS = 10 * 60 * 1000;
/** The limit of takeovers for one token. Each takeover spends the same token again. */
export const MAX_TAKEOVERS = 3;
/**
 * "Secrets Manager removes unlabeled versions when there are more than 100, but it does not remove versions created less
 * than 24 hours ago" (AWS Secrets Manager User Guide, quotas). The rest leaves room for the versions of a run.
 */
export const MAX_KEPT_VERSIONS = 90;

const VERSIONS_KEPT_MS = 24 * 60 * 60 * 1000;

type DatedEntry = JournalEntry & { readonly versionId: string; readonly createdAtMs: number };

interface Attempt {
  readonly number: number;
  readonly claimedAtMs: number;
  readonly saved: string | undefined;
  readonly end: JournalEntry | undefined;
}

export function sessionState(
  current: SecretVersion,
  token: TokenDigest,
  versions: readonly SecretVersion[],
  nowMs: number,
): SessionState {
  const entries = versions.flatMap(datedEntry);
  const attempts = attemptsOn(current, token, entries);
  const signedInAtMs = newestSignInMs(versions);
  const sinceSignIn = entries.filter(({ createdAtMs }) => createdAtMs > signedInAtMs - CLOCKS_APART_MS);
  // Each end repeats what earlier entries said, so missing earlier entries do not matter.
  const lastEnd = attempts.findLast(({ end }) => end !== undefined);
  const unreportedAttempts = attempts
    .filter(({ number }) => number > (lastEnd?.number ?? -1))
    .filter(
      (attempt) =>
        isUnreported(attempt) && (attempt === attempts.at(-1) || isKept(attempt.claimedAtMs, nowMs)),
    )
    .map(({ number }) => number);
  const unreported = (lastEnd?.end?.unreported ?? 0) + unreportedAttempts.length;
  const tokenMayBeLost = unreportedAttempts.length > 0 || lastEnd?.end?.inDoubt === true;

  const availability = (): Availability => {
    const heldUntilMs = Math.max(...claimedAtMs(current, versions, attempts)) + CLAIM_LIFE_MS;
    const saved = attempts.findLast((attempt) => attempt.saved !== undefined)?.saved;
    const coolDownUntilMs = Math.max(Number.NEGATIVE_INFINITY, ...sinceSignIn.map(coolDownEndMs));
    // A refusal ends when the same token is stored again. A save can become visible after the refusal that its delay caused.
    const isRefused = entries.some(
      (entry) =>
        entry.kind === 'refused' &&
        entry.token === token &&
        entry.createdAtMs >= current.createdAtMs - CLOCKS_APART_MS,
    );
    if (isRefused && saved === undefined) return { kind: 'refused', lost: tokenMayBeLost };
    if (nowMs < heldUntilMs) return { kind: 'busy', retryAfterSeconds: secondsUntil(heldUntilMs, nowMs) };
    if (saved !== undefined) return { kind: 'saved_not_current', versionId: saved };
    if (nowMs < coolDownUntilMs) {
      return { kind: 'cooling_down', retryAfterSeconds: secondsUntil(coolDownUntilMs, nowMs) };
    }
    if (unreported > MAX_TAKEOVERS) return { kind: 'takeovers_exhausted' };
    if (keptVersionCount(versions, nowMs) >= MAX_KEPT_VERSIONS) return { kind: 'no_room' };
    const last = attempts.at(-1);
    return {
      kind: 'claimable',
      attempt: nextAttempt(token, entries),
      takesOver: last !== undefined && isUnreported(last),
    };
  };

  /** The clients of entries younger than this, with the seconds until each reaches this age. */
  const clients = (kind: JournalEntry['kind'], lifeMs: number): ReadonlyMap<string, number> =>
    new Map(
      sinceSignIn
        .filter((entry) => entry.kind === kind && nowMs < entry.createdAtMs + lifeMs)
        .map(({ value, createdAtMs }) => [
          value === 0 ? 'own' : String(value),
          secondsUntil(createdAtMs + lifeMs, nowMs),
        ]),
    );
  return {
    loggedOut: loggedOut(current, nowMs),
    availability: availability(),
    unreportedAttempts,
    unreported,
    tokenMayBeLost,
    recentlyLoggedOut: clients('logged_out', REPEATED_DELIVERY_MS),
    rejected: clients('rejected', REJECTED_MS),
  };
}

/** Versions that count against the quota: those younger than 24 hours, and those with a label. */
export function keptVersionCount(versions: readonly SecretVersion[], nowMs: number): number {
  return versions.filter(({ labels, createdAtMs }) => labels.length > 0 || isKept(createdAtMs, nowMs)).length;
}

/** Whether all versions since that moment still exist. */
function isKept(createdAtMs: number, nowMs: number): boolean {
  return nowMs - createdAtMs < VERSIONS_KEPT_MS;
}

function datedEntry({ versionId, createdAtMs }: SecretVersion): readonly DatedEntry[] {
  const entry = parseEntry(versionId);
  return entry === undefined ? [] : [{ ...entry, versionId, createdAtMs }];
}

/** A version that a person stored has an id that is not an entry's. */
function newestSignInMs(versions: readonly SecretVersion[]): number {
  const signIns = versions.filter(({ versionId }) => parseEntry(versionId) === undefined);
  return Math.max(Number.NEGATIVE_INFINITY, ...signIns.map(({ createdAtMs }) => createdAtMs));
}

function loggedOut(current: SecretVersion, nowMs: number): SessionState['loggedOut'] {
  if (!current.labels.includes(LOGGED_OUT)) return 'never';
  return nowMs - current.createdAtMs < REPEATED_DELIVERY_MS ? 'recently' : 'long_ago';
}

/** The times of the claims that may still be held. */
function claimedAtMs(
  current: SecretVersion,
  versions: readonly SecretVersion[],
  attempts: readonly Attempt[],
): readonly number[] {
  const held = attempts.filter(({ end }) => end === undefined || end.kind === 'in_flight');
  // The run that made this version current may still be logging it out. An entry of unknown form is from another release.
  const labelled = versions.filter(
    ({ versionId, labels }) =>
      labels.includes(CLAIM) &&
      (versionId === current.versionId
        ? !current.labels.includes(LOGGED_OUT)
        : parseEntry(versionId) === undefined),
  );
  return [
    Number.NEGATIVE_INFINITY,
    ...held.map(({ claimedAtMs }) => claimedAtMs),
    ...labelled.map(({ createdAtMs }) => createdAtMs),
  ];
}

/** The attempts to spend the current refresh token, earliest first, without those that led to the current version. */
function attemptsOn(
  current: SecretVersion,
  token: TokenDigest,
  entries: readonly DatedEntry[],
): readonly Attempt[] {
  const origin = parseEntry(current.versionId);
  // If Blink did not replace the refresh token, the current version is the save of an attempt on the same token.
  const settled = origin?.token === token ? origin.attempt : -1;
  const byNumber = Map.groupBy(
    entries.filter((entry) => entry.token === token && entry.attempt > settled && isOfAttempt(entry)),
    ({ attempt }) => attempt,
  );
  return [...byNumber].map(([number, its]) => attemptOf(number, its)).sort((a, b) => a.number - b.number);
}

/** Excludes the notes of the run that received this token: they are not attempts to spend it. */
function isOfAttempt({ kind }: JournalEntry): boolean {
  return kind !== 'logged_out' && kind !== 'rejected';
}

function attemptOf(number: number, entries: readonly DatedEntry[]): Attempt {
  const saves = entries.filter(({ kind }) => kind === 'save');
  return {
    number,
    claimedAtMs: Math.min(...entries.map(({ createdAtMs }) => createdAtMs)),
    saved: saves.toSorted((a, b) => a.value - b.value).at(-1)?.versionId,
    end: entries.find(isEnd),
  };
}

function isUnreported({ end, saved }: Attempt): boolean {
  return end === undefined && saved === undefined;
}

/** One more than the highest number of the remaining entries. The newest entry has a label, so it is never removed. */
function nextAttempt(token: TokenDigest, entries: readonly DatedEntry[]): number {
  return 1 + Math.max(-1, ...entries.filter((entry) => entry.token === token).map(({ attempt }) => attempt));
}

function coolDownEndMs(entry: DatedEntry): number {
  return entry.kind === 'cool_down' ? entry.createdAtMs + entry.value * 1000 : Number.NEGATIVE_INFINITY;
}

function secondsUntil(thenMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((thenMs - nowMs) / 1000));
}
