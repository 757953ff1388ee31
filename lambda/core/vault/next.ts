import {
  type ClaimRecord,
  type Client,
  type FoundIds,
  idAfter,
  isSaveOf,
  type Journal,
  type JournalEvent,
  type JournalVersion,
  type TokenRecord,
} from './journal.ts';
import type { Reading } from './reading.ts';

const MAX_TOKENS = 5;
const MAX_CLAIMS = 6;
/** More than a day has logouts. */
const MAX_EVENTS = 50;
const DAY_MS = 24 * 60 * 60 * 1000;

/** What a run reports as it ends its claim. It becomes an event of the journal. */
export type ClaimEnd =
  /** Nothing was spent. */
  | { readonly what: 'failed'; readonly why: string; readonly restSeconds?: number | undefined }
  /** Blink may have replaced the token. `inFlight`: the aborted refresh may still arrive. */
  | {
      readonly what: 'no_answer';
      readonly why: string;
      readonly restSeconds?: number | undefined;
      readonly inFlight: boolean;
    }
  /** `inDoubt`: Blink may have replaced the token at an earlier try. */
  | { readonly what: 'refused'; readonly inDoubt: boolean }
  /** The new token is saved. Then no logout was tried or it failed without a wait, this client was logged out, or Blink rejected a request. */
  | { readonly what: 'saved'; readonly savedAs: string }
  | { readonly what: 'logged_out'; readonly savedAs: string; readonly client: Client }
  | {
      readonly what: 'rejected';
      readonly savedAs: string;
      readonly why: string;
      readonly restSeconds: number;
      readonly client?: Client;
    };

/** A change depends on nothing else, so that a run can compute it again after a conflict. */
export type Change = (journal: Journal, nowMs: number) => Journal;

/** The journal after a change, which is itself a write. */
export function next({ versionId, journal }: JournalVersion, change: Change, nowMs: number): JournalVersion {
  const changed = change(withWrite(journal, iso(nowMs)), nowMs);
  const writes = changed.writes.filter((at) => nowMs - Date.parse(at) < DAY_MS).sort();
  return { versionId: idAfter(versionId), journal: { ...changed, writes } };
}

/** A run claims the current version. Records too that the claim before has ended, if its save is this version. */
export function claimed(claim: ClaimRecord, reading: Reading, inDoubt: boolean): Change {
  const { versionId, token, createdAtMs, isMarked, replacedLogout } = reading;
  return (journal) => {
    const origin = originOf(journal, versionId);
    const known = recordOf(journal, token);
    const { versions = [], found = origin?.record.found } = known ?? {};
    const settled = withSave(withSave(journal, versionId, isMarked), replacedLogout, true);
    const isCounted = origin !== undefined || versions.includes(versionId);
    return {
      ...withRecord(isCounted ? settled : withWrite(settled, iso(createdAtMs)), {
        token,
        versions: [...new Set([...versions, versionId])].slice(-MAX_CLAIMS),
        claims: [...openClaims(reading).claims, claim].slice(-MAX_CLAIMS),
        inDoubt,
        found,
      }),
      ...(isSignIn(reading) && { signedInAt: iso(createdAtMs) }),
    };
  };
}

/** A logout that is marked writes no journal: its save is a version, which has the mark. */
function withSave(journal: Journal, savedAs: string | undefined, isMarked: boolean): Journal {
  const origin = savedAs === undefined ? undefined : originOf(journal, savedAs);
  if (savedAs === undefined || origin?.claim === undefined) return journal;
  const end: ClaimEnd = isMarked
    ? { what: 'logged_out', savedAs, client: 'own' }
    : { what: 'saved', savedAs };
  return ended(origin.claim, origin.record.token, end)(journal, Date.parse(origin.claim.at));
}

/** A run ends its claim. A later run may have taken it over: what is known about the token is recorded all the same. */
export function ended(claim: ClaimRecord, token: string, end: ClaimEnd, found?: FoundIds): Change {
  return (journal, nowMs) => {
    const at = iso(nowMs);
    const record = recordOf(journal, token);
    const after = record && { ...recordAfter(record, claim, end, at), found: found ?? record.found };
    const settled = after === undefined ? journal : withRecord(journal, after);
    const event: JournalEvent = { at, ...end };
    const reported = { ...settled, history: [...settled.history, event].slice(-MAX_EVENTS) };
    return 'savedAs' in end ? withWrite(reported, claim.at) : reported;
  };
}

function recordAfter(before: TokenRecord, claim: ClaimRecord, end: ClaimEnd, at: string): TokenRecord {
  const record = { ...before, claims: before.claims.filter(({ id }) => id !== claim.id) };
  switch (end.what) {
    case 'failed':
      return record;
    case 'no_answer':
      return { ...record, inDoubt: true, ...(end.inFlight && { inFlightUntil: claim.until }) };
    case 'refused':
      return { ...record, inDoubt: record.inDoubt || end.inDoubt, refusedAt: at };
    case 'saved':
    case 'logged_out':
    case 'rejected':
      return { ...record, replacedBy: end.savedAs };
  }
}

/** Where a version's token comes from. */
export interface Origin {
  /** The token that it replaced. */
  readonly record: TokenRecord;
  /** The claim that saved it, if its run has reported no end. */
  readonly claim: ClaimRecord | undefined;
}

/** `undefined` for a sign-in. */
export function originOf({ tokens }: Journal, versionId: string): Origin | undefined {
  for (const record of tokens) {
    const claim = record.claims.find((each) => isSaveOf(each, versionId));
    if (claim !== undefined || record.replacedBy === versionId) return { record, claim };
  }
  return undefined;
}

/**
 * The claims on the current token without a reported end, and whether the token is in doubt. If Blink did not replace the
 * token, the current version is the save of a claim on the same token, and that settled all before it.
 */
export function openClaims({ journal, token, versionId }: Reading): Pick<TokenRecord, 'claims' | 'inDoubt'> {
  const { claims = [], inDoubt = false, replacedBy } = recordOf(journal.journal, token) ?? {};
  const saved = claims.findLastIndex((claim) => isSaveOf(claim, versionId));
  const isSettled = saved >= 0 || replacedBy === versionId;
  const open = claims.slice(saved + 1);
  return { claims: open, inDoubt: open.length > 0 || (inDoubt && !isSettled) };
}

/** No run has saved or claimed it. */
export function isSignIn(reading: Pick<Reading, 'journal' | 'versionId' | 'token'>): boolean {
  const { journal } = reading.journal;
  return originOf(journal, reading.versionId) === undefined && recordOf(journal, reading.token) === undefined;
}

export function recordOf({ tokens }: Journal, token: string): TokenRecord | undefined {
  return tokens.find((record) => record.token === token);
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Puts the record last. */
function withRecord(journal: Journal, record: TokenRecord): Journal {
  const others = journal.tokens.filter(({ token }) => token !== record.token);
  return { ...journal, tokens: [...others, record].slice(-MAX_TOKENS) };
}

function withWrite(journal: Journal, at: string): Journal {
  return { ...journal, writes: [...journal.writes, at] };
}
