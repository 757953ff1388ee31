import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { Failure } from '../failure.ts';

/** Secrets Manager's own label for the version that is used. */
export const CURRENT = 'AWSCURRENT';

/** On the version that is the journal. Secrets Manager keeps labelled versions. */
export const JOURNAL = 'BLINK_LOGOUT';

/** On the newest save: a version needs a label until it is current. */
export const SAVED = 'BLINK_LOGOUT_SAVED';

/** On the version whose session has been logged out. */
export const LOGGED_OUT = 'BLINK_LOGGED_OUT';

/** A client of the account: the session's own, or another by its numeric id. */
export type Client = 'own' | (string & {});

const timeSchema = v.pipe(v.string(), v.isoTimestamp());

const idsSchema = v.object({
  tier: v.string(),
  accountId: v.number(),
  clientId: v.optional(v.string()),
});

const claimSchema = v.object({ id: v.string(), at: timeSchema, until: timeSchema });

const tokenSchema = v.object({
  /** Its digest. */
  token: v.string(),
  /** The versions that are known to have held it. */
  versions: v.array(v.string()),
  /** Claims whose runs have reported no end. The last run may be at work. */
  claims: v.array(claimSchema),
  /** Blink may have replaced the token, and no run received the new one. */
  inDoubt: v.boolean(),
  /** Until then, a refresh that was given up may still arrive at Blink. */
  inFlightUntil: v.optional(timeSchema),
  refusedAt: v.optional(timeSchema),
  /** The version that holds the token which Blink sent for this one. */
  replacedBy: v.optional(v.string()),
  /** What a run has looked up at Blink, for this token and those that follow it. */
  found: v.optional(idsSchema),
});

const eventSchema = v.object({
  at: timeSchema,
  what: v.picklist(['logged_out', 'saved', 'rejected', 'failed', 'no_answer', 'refused']),
  client: v.optional(v.string()),
  why: v.optional(v.string()),
  /** For so long, Blink is not asked for this client's logout, or, without a client, for anything. */
  restSeconds: v.optional(v.number()),
  /** The version that holds the new token. */
  savedAs: v.optional(v.string()),
  inDoubt: v.optional(v.boolean()),
  inFlight: v.optional(v.boolean()),
});

const journalSchema = v.object({
  /** Another one, if a field gets another meaning or is left out: what a release does not know is lost with its next write. */
  format: v.literal(2),
  /** The last few, newest last. */
  tokens: v.array(tokenSchema),
  /** What runs have reported, newest last. */
  history: v.array(eventSchema),
  /** When the newest sign-in that a run has claimed was stored. It ends earlier waits. */
  signedInAt: v.optional(timeSchema),
  /** When versions were written within a day. */
  writes: v.array(timeSchema),
});

/** What happened to a session: a document that a person can read. Times are by Secrets Manager's clock. */
export type Journal = v.InferOutput<typeof journalSchema>;
export type TokenRecord = v.InferOutput<typeof tokenSchema>;
export type ClaimRecord = v.InferOutput<typeof claimSchema>;
export type JournalEvent = v.InferOutput<typeof eventSchema>;
export type FoundIds = v.InferOutput<typeof idsSchema>;

/** A journal and the id of its version, from which the id of the next one is derived. */
export interface JournalVersion {
  readonly versionId: string;
  readonly journal: Journal;
}

export const NO_JOURNAL: JournalVersion = {
  versionId: 'none',
  journal: { format: 2, tokens: [], history: [], writes: [] },
};

/** @throws {Failure} `session_invalid` */
export function parseJournal(versionId: string, text: string): JournalVersion {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), journalSchema), text);
  if (parsed.success) return { versionId, journal: parsed.output };
  const path = v.getDotPath(parsed.issues[0]) ?? 'it';
  const fault =
    path === 'format' ? 'another release has written it' : `${path} is not as this release writes it`;
  throw new Failure(
    'session_invalid',
    `the journal of the session (the version with the label ${JOURNAL}) cannot be read: ${fault}`,
  );
}

export function journalText(journal: Journal): string {
  return JSON.stringify(journal, undefined, 1);
}

/** A version id is written once, so of all runs that have read one journal, one writes the next. */
export function idAfter(versionId: string): string {
  return idOf(`journal after ${versionId}`);
}

/** The save of a claim is found by its id, whatever readings show. */
export function saveId(claimId: string, copy: number): string {
  return idOf(`save ${copy} of ${claimId}`);
}

/** A save gets another id if its text was changed, or its id was taken. */
export const SAVE_COPIES = 4;

export function isSaveOf({ id }: ClaimRecord, versionId: string): boolean {
  return Array.from({ length: SAVE_COPIES }, (_, copy) => saveId(id, copy)).includes(versionId);
}

/** Represents a refresh token, which cannot be computed from it. */
export function digestOf(refreshToken: string): string {
  return createHash('sha256').update(`blink-logout journal: ${refreshToken}`).digest('hex').slice(0, 40);
}

/** 63 digits: release 0.2.0 takes 64 for an entry of its own journal. */
function idOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 63);
}
