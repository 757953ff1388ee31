import { CLAIM_LIFE_SECONDS } from '../environment.ts';
import { type ClaimEnd, journalVersionId } from './journal.ts';
import { CLAIM, LOGGED_OUT, REFUSED } from './labels.ts';
import type { SecretVersion } from './secret-store.ts';

/** What the versions of a session's secret say about it. A pure reading: nothing is asked, nothing written. */
export interface SessionState {
  readonly loggedOut: 'never' | 'recently' | 'long_ago';
  readonly availability: Availability;
  /** Attempts whose run died, as far as can be seen: their saved version may exist all the same. */
  readonly deadAttempts: readonly number[];
  /** An earlier run may have spent this generation's token and lost what came back. */
  readonly tokenMayBeLost: boolean;
}

export type Availability =
  | { readonly kind: 'claimable'; readonly attempt: number; readonly takesOver: boolean }
  /** A run that may be alive holds the claim. */
  | { readonly kind: 'busy'; readonly retryAfterSeconds: number }
  /** Blink asked to be left alone. */
  | { readonly kind: 'cooling'; readonly retryAfterSeconds: number }
  /** A run saved the new token and died before it could make it current. */
  | { readonly kind: 'saved_by_dead_run'; readonly versionId: string }
  | { readonly kind: 'refused'; readonly lost: boolean }
  | { readonly kind: 'takeovers_exhausted' }
  | { readonly kind: 'no_room' };

export const CLAIM_LIFE_MS = CLAIM_LIFE_SECONDS * 1000;
/** Deliveries are repeated within minutes: Standard Webhooks' tolerance is five. */
export const REPEATED_DELIVERY_MS = 5 * 60 * 1000;
/** After a 406, 426 or 429. A login limit of Blink's lasts an hour; a person who has mended it should not wait as long. */
export const COOLING_MS = 10 * 60 * 1000;
/** Each takeover spends the same token again, so a token whose runs keep dying is left alone. */
export const MAX_TAKEOVERS = 3;
/**
 * "Secrets Manager doesn't remove versions created within the last 24 hours", and a secret holds about 100
 * (AWS Secrets Manager User Guide, quotas). The rest is room for a claim, a save and what ends them.
 */
export const MAX_KEPT_VERSIONS = 90;

const VERSIONS_KEPT_MS = 24 * 60 * 60 * 1000;
/** At some 45 attempts a day, which is what the versions allow, nearly six days without one answer from Blink. */
const MAX_ATTEMPTS = 256;
const CLOCKS_APART_MS = 60_000;
const CLAIM_ENDS: readonly ClaimEnd[] = ['unspent', 'unanswered', 'blocked'];

type Attempt = { readonly number: number; readonly claimedAtMs: number } & (
  | { readonly end: 'none' | 'unspent' | 'unanswered' }
  | { readonly end: 'blocked'; readonly blockedAtMs: number }
  | { readonly end: 'saved'; readonly versionId: string }
);

export function sessionState(
  current: SecretVersion,
  versions: readonly SecretVersion[],
  nowMs: number,
): SessionState {
  const attempts = attemptsOn(current, versions);
  return {
    loggedOut: loggedOut(current, nowMs),
    availability: availability(current, versions, attempts, nowMs),
    deadAttempts: attempts.filter((attempt) => attempt.end === 'none').map((attempt) => attempt.number),
    tokenMayBeLost: attempts.some(mayHaveLostToken),
  };
}

/** Versions that count against the quota: young ones, and those that carry a label. */
export function keptVersionCount(versions: readonly SecretVersion[], nowMs: number): number {
  return versions.filter(
    (version) => version.labels.length > 0 || nowMs - version.createdAtMs < VERSIONS_KEPT_MS,
  ).length;
}

export function recentVersionIds(versions: readonly SecretVersion[], nowMs: number): ReadonlySet<string> {
  return new Set(versions.filter((version) => isRecent(version, nowMs)).map(({ versionId }) => versionId));
}

function isRecent({ createdAtMs }: SecretVersion, nowMs: number): boolean {
  return nowMs - createdAtMs < REPEATED_DELIVERY_MS;
}

function loggedOut(current: SecretVersion, nowMs: number): SessionState['loggedOut'] {
  if (!current.labels.includes(LOGGED_OUT)) return 'never';
  return isRecent(current, nowMs) ? 'recently' : 'long_ago';
}

function availability(
  current: SecretVersion,
  versions: readonly SecretVersion[],
  attempts: readonly Attempt[],
  nowMs: number,
): Availability {
  const last = attempts.at(-1);

  const saved = attempts.findLast((attempt) => attempt.end === 'saved');

  // A save may surface after the refusal that came of its being late.
  if (current.labels.includes(REFUSED) && saved === undefined) {
    return { kind: 'refused', lost: attempts.some(mayHaveLostToken) };
  }

  const makerAtWork = current.labels.includes(CLAIM) && !current.labels.includes(LOGGED_OUT);
  const heldSinceMs = last && (last.end === 'none' || last.end === 'saved') ? last.claimedAtMs : undefined;
  const heldUntilMs =
    (heldSinceMs ?? (makerAtWork ? current.createdAtMs : Number.NEGATIVE_INFINITY)) + CLAIM_LIFE_MS;
  if (nowMs < heldUntilMs) return { kind: 'busy', retryAfterSeconds: secondsUntil(heldUntilMs, nowMs) };

  if (saved) return { kind: 'saved_by_dead_run', versionId: saved.versionId };

  if (last?.end === 'blocked' && nowMs < last.blockedAtMs + COOLING_MS) {
    return { kind: 'cooling', retryAfterSeconds: secondsUntil(last.blockedAtMs + COOLING_MS, nowMs) };
  }
  const deaths = attempts.filter((attempt) => attempt.end === 'none').length;
  if (deaths > MAX_TAKEOVERS || attempts.length >= MAX_ATTEMPTS) return { kind: 'takeovers_exhausted' };
  if (keptVersionCount(versions, nowMs) >= MAX_KEPT_VERSIONS) return { kind: 'no_room' };
  return { kind: 'claimable', attempt: (last?.number ?? -1) + 1, takesOver: last?.end === 'none' };
}

/**
 * Looks past gaps: Secrets Manager may have removed the oldest entries of a long journal. A claim is younger than what it
 * claims, give or take the service's clocks: where nothing is, the ids of claims need not be worked out.
 */
function attemptsOn(current: SecretVersion, versions: readonly SecretVersion[]): readonly Attempt[] {
  const youngerThanMs = current.createdAtMs - CLOCKS_APART_MS;
  const others = versions.filter(({ versionId }) => versionId !== current.versionId);
  if (!others.some(({ createdAtMs }) => createdAtMs >= youngerThanMs)) return [];

  const byId = new Map(versions.map((version) => [version.versionId, version]));
  const attempts: Attempt[] = [];
  for (let number = 0; number < MAX_ATTEMPTS; number++) {
    const claim = byId.get(journalVersionId(current.versionId, 'claim', number));
    if (claim) attempts.push(attemptOf(current, claim, number, byId));
  }
  return attempts;
}

function attemptOf(
  current: SecretVersion,
  claim: SecretVersion,
  number: number,
  byId: ReadonlyMap<string, SecretVersion>,
): Attempt {
  const claimed = { number, claimedAtMs: claim.createdAtMs };
  const save = byId.get(journalVersionId(current.versionId, 'save', number));
  if (save) return { ...claimed, end: 'saved', versionId: save.versionId };
  for (const end of CLAIM_ENDS) {
    const entry = byId.get(journalVersionId(current.versionId, end, number));
    if (entry && end === 'blocked') return { ...claimed, end, blockedAtMs: entry.createdAtMs };
    if (entry && end !== 'blocked') return { ...claimed, end };
  }
  return { ...claimed, end: 'none' };
}

function mayHaveLostToken(attempt: Attempt): boolean {
  return attempt.end === 'none' || attempt.end === 'unanswered';
}

function secondsUntil(thenMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((thenMs - nowMs) / 1000));
}
