import {
  type ClaimRecord,
  type Client,
  type FoundIds,
  isSaveOf,
  type Journal,
  type JournalEvent,
  type TokenDigest,
  type TokenRecord,
} from './journal.ts';

const MAX_TOKENS = 5;
const MAX_CLAIMS = 6;
/** More than a day has logouts. */
const MAX_EVENTS = 50;
const DAY_MS = 24 * 60 * 60 * 1000;

/** The version with AWSCURRENT, at the time of a claim. */
export interface CurrentVersion {
  readonly versionId: string;
  readonly token: TokenDigest;
  readonly createdAtMs: number;
  readonly isMarked: boolean;
  /** Blink may have replaced the token, and no run received the new one. */
  readonly inDoubt: boolean;
}

/** How a run ends a claim. `inDoubt`: Blink may have replaced the token, but this run did not receive the new one. */
export type ClaimEnd =
  | { readonly kind: 'unspent'; readonly inDoubt: boolean; readonly why: string }
  /** Its aborted refresh may still arrive at Blink. */
  | { readonly kind: 'in_flight'; readonly inDoubt: true; readonly why: string }
  | { readonly kind: 'refused'; readonly inDoubt: boolean }
  | {
      readonly kind: 'cool_down';
      readonly inDoubt: boolean;
      readonly why: string;
      readonly seconds: number;
    };

/** What a run reports when it releases a saved session. */
export type Note =
  | { readonly kind: 'saved' }
  | { readonly kind: 'logged_out'; readonly client: Client }
  /** Blink rejected the logout of this client. */
  | { readonly kind: 'rejected'; readonly client: Client; readonly why: string }
  /** Blink is not asked for anything for this time. */
  | { readonly kind: 'cool_down'; readonly seconds: number; readonly why: string };

export type Change =
  | { readonly kind: 'claim'; readonly claim: ClaimRecord; readonly current: CurrentVersion }
  | { readonly kind: 'end'; readonly claim: ClaimRecord; readonly token: TokenDigest; readonly end: ClaimEnd }
  | {
      readonly kind: 'release';
      readonly claim: ClaimRecord;
      readonly token: TokenDigest;
      readonly savedVersionId: string;
      readonly note: Note;
    }
  | { readonly kind: 'found'; readonly token: TokenDigest; readonly ids: FoundIds };

/** The journal after a change. It depends on nothing else, so that a run can compute it again after a conflict. */
export function next(journal: Journal, change: Change, nowMs: number): Journal {
  const written = { ...journal, writes: lastDay([...journal.writes, iso(nowMs)], nowMs) };
  switch (change.kind) {
    case 'claim':
      return claimed(written, change, nowMs);
    case 'end':
      return ended(written, change, nowMs);
    case 'release':
      return released(written, change, nowMs);
    case 'found':
      return { ...written, found: { token: change.token, ...change.ids } };
  }
}

type Of<K extends Change['kind']> = Extract<Change, { kind: K }>;

/** Records too that the claim before has ended, if its save is the current version. */
function claimed(journal: Journal, { claim, current }: Of<'claim'>, nowMs: number): Journal {
  const { versionId, token, createdAtMs, inDoubt } = current;
  const before = claimSavedAs(journal, versionId);
  const origin = before?.record ?? journal.tokens.find(({ replacedBy }) => replacedBy === versionId);
  const { found, ...settled } = before === undefined ? journal : withSaveOf(journal, before, current);
  const known = recordOf(journal, token);
  const versions = known?.versions ?? [];
  const isSignIn = origin === undefined && known === undefined;
  const isCounted = (origin !== undefined && before === undefined) || versions.includes(versionId);
  const { claims } = openOn(journal, current);
  return {
    ...withRecord(settled, {
      token,
      versions: [...new Set([...versions, versionId])].slice(-MAX_CLAIMS),
      claims: [...claims, claim].slice(-MAX_CLAIMS),
      inDoubt,
    }),
    ...(found !== undefined &&
      [token, origin?.token].includes(found.token) && { found: { ...found, token } }),
    ...(isSignIn && { signedInAt: iso(createdAtMs) }),
    writes: isCounted ? settled.writes : lastDay([iso(createdAtMs), ...settled.writes], nowMs),
  };
}

function withSaveOf(journal: Journal, { record, claim }: Saver, current: CurrentVersion): Journal {
  const what = current.isMarked ? 'logged_out' : 'saved';
  return withEvent(withRecord(journal, replaced(record, claim, current.versionId)), { at: claim.at, what });
}

function replaced(record: TokenRecord, claim: ClaimRecord, replacedBy: string): TokenRecord {
  return { ...without(record, claim), replacedBy };
}

/** A later run may have taken the claim over. What is known about the token is recorded all the same. */
function ended(journal: Journal, { claim, token, end }: Of<'end'>, nowMs: number): Journal {
  const record = recordOf(journal, token);
  if (record === undefined) return journal;
  const at = iso(nowMs);
  const reported = withRecord(journal, {
    ...without(record, claim),
    inDoubt: record.inDoubt || end.inDoubt,
    ...(end.kind === 'in_flight' && { inFlightUntil: claim.until }),
    ...(end.kind === 'refused' && { refusedAt: at }),
  });
  if (end.kind === 'refused') return withEvent(reported, { at, what: 'refused' });
  const told = withEvent(reported, { at, what: end.inDoubt ? 'no_answer' : 'failed', why: end.why });
  return end.kind === 'cool_down' ? withRest(told, end, nowMs) : told;
}

function released(
  journal: Journal,
  { claim, token, savedVersionId, note }: Of<'release'>,
  nowMs: number,
): Journal {
  const at = iso(nowMs);
  const record = recordOf(journal, token);
  const settled =
    record === undefined ? journal : withRecord(journal, replaced(record, claim, savedVersionId));
  const saved = { ...settled, writes: lastDay([claim.at, ...settled.writes], nowMs) };
  switch (note.kind) {
    case 'saved':
      return withEvent(saved, { at, what: 'saved' });
    case 'logged_out':
      return {
        ...withEvent(saved, { at, what: 'logged_out', client: note.client }),
        ...(note.client === 'own' && { loggedOutVersion: savedVersionId }),
      };
    case 'rejected':
      return withEvent(saved, { at, what: 'rejected', client: note.client, why: note.why });
    case 'cool_down':
      return withRest(withEvent(saved, { at, what: 'rejected', why: note.why }), note, nowMs);
  }
}

export interface Saver {
  readonly record: TokenRecord;
  readonly claim: ClaimRecord;
}

/** The claim without a reported end whose save this version is. */
export function claimSavedAs({ tokens }: Journal, versionId: string): Saver | undefined {
  for (const record of tokens) {
    const claim = record.claims.find((each) => isSaveOf(each, versionId));
    if (claim !== undefined) return { record, claim };
  }
  return undefined;
}

/**
 * The claims on the current token without a reported end, and whether the token is in doubt. If Blink did not replace the
 * token, the current version is the save of a claim on the same token, and that settled all before it.
 */
export function openOn(
  journal: Journal,
  { token, versionId }: Pick<CurrentVersion, 'token' | 'versionId'>,
): Pick<TokenRecord, 'claims' | 'inDoubt'> {
  const { claims = [], inDoubt = false, replacedBy } = recordOf(journal, token) ?? {};
  const saved = claims.findLastIndex((claim) => isSaveOf(claim, versionId));
  const isSettled = saved >= 0 || replacedBy === versionId;
  const open = claims.slice(saved + 1);
  return { claims: open, inDoubt: open.length > 0 || (inDoubt && !isSettled) };
}

export function recordOf({ tokens }: Journal, token: TokenDigest): TokenRecord | undefined {
  return tokens.find((record) => record.token === token);
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function without(record: TokenRecord, { id }: ClaimRecord): TokenRecord {
  return { ...record, claims: record.claims.filter((claim) => claim.id !== id) };
}

/** Puts the record last. */
function withRecord(journal: Journal, record: TokenRecord): Journal {
  const others = journal.tokens.filter(({ token }) => token !== record.token);
  return { ...journal, tokens: [...others, record].slice(-MAX_TOKENS) };
}

function withEvent(journal: Journal, event: JournalEvent): Journal {
  return { ...journal, history: [...journal.history, event].slice(-MAX_EVENTS) };
}

/** A shorter wait does not end a longer one. */
function withRest(
  journal: Journal,
  { seconds, why }: { readonly seconds: number; readonly why: string },
  nowMs: number,
): Journal {
  const untilMs = nowMs + seconds * 1000;
  const { restUntil } = journal;
  if (restUntil !== undefined && Date.parse(restUntil.until) >= untilMs) return journal;
  return { ...journal, restUntil: { since: iso(nowMs), until: iso(untilMs), why } };
}

function lastDay(times: readonly string[], nowMs: number): string[] {
  return times.filter((time) => nowMs - Date.parse(time) < DAY_MS).sort();
}
