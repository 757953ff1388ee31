import { createHash } from 'node:crypto';

/** Secrets Manager's own label for the version that is used. */
export const CURRENT = 'AWSCURRENT';

/** On the newest entry of the journal, or on the version that the run holding the claim saved. Labelled versions are never removed. */
export const CLAIM = 'BLINK_LOGOUT_CLAIM';

/** On the version whose session has been logged out. */
export const LOGGED_OUT = 'BLINK_LOGGED_OUT';

/** Represents a refresh token in the journal. The token cannot be computed from it. */
export type TokenDigest = string;

/**
 * - `claim`: a run is about to spend the refresh token.
 * - `save`: the text with the new refresh token. `value` is 0, or counts the texts that were stored meanwhile.
 * - `unspent`: the run ended its claim, and the next run may claim at once.
 * - `in_flight`: the run ended its claim, but its aborted refresh may still arrive at Blink. The claim lasts as after a run that died.
 * - `refused`: Blink refuses the refresh token.
 * - `cool_down`: Blink is not asked for `value` seconds.
 * - `logged_out`: the run that received this token has logged out another client, whose id is `value`.
 * - `rejected`: Blink rejected the logout of the client `value`; 0 is the session's own.
 */
const KINDS = [
  'claim',
  'save',
  'unspent',
  'in_flight',
  'refused',
  'cool_down',
  'logged_out',
  'rejected',
] as const;
type Kind = (typeof KINDS)[number];

/** How a run ends a claim, for the runs that follow. */
export type EndKind = Extract<Kind, 'unspent' | 'in_flight' | 'refused' | 'cool_down'>;

/** A journal entry, encoded in the id of a version. */
export interface JournalEntry {
  /** The refresh token that the entry is about. */
  readonly token: TokenDigest;
  /** Counts the claims of this token. Earlier entries may be gone. */
  readonly attempt: number;
  readonly kind: Kind;
  /** Blink may have replaced the refresh token, but no run received the new one. */
  readonly inDoubt: boolean;
  /** Earlier attempts on this token that reported neither an end nor a save. */
  readonly unreported: number;
  readonly value: number;
}

const ID = /^([0-9a-f]{40})([0-9a-f]{8})([0-7])([01])([0-9a-f])([0-9a-f]{13})$/;

export function digestOf(refreshToken: string): TokenDigest {
  return createHash('sha256').update(`blink-logout journal: ${refreshToken}`).digest('hex').slice(0, 40);
}

/**
 * The version id of an entry: its fields, in hexadecimal. PutSecretValue accepts it as `ClientRequestToken` (32 to 64
 * characters). So the list of versions contains the whole journal. A version id can be written once, so only the first
 * writer of an entry succeeds.
 */
export function entryVersionId({
  token,
  attempt,
  kind,
  inDoubt = false,
  unreported = 0,
  value = 0,
}: Pick<JournalEntry, 'token' | 'attempt' | 'kind'> & Partial<JournalEntry>): string {
  const fields = [
    hex(attempt, 8),
    KINDS.indexOf(kind),
    Number(inDoubt),
    hex(Math.min(unreported, 15), 1),
    hex(value, 13),
  ];
  return token + fields.join('');
}

/** `undefined` for a version that a person or another program has stored. */
export function parseEntry(versionId: string): JournalEntry | undefined {
  const [, token = '', ...fields] = ID.exec(versionId) ?? [];
  const [attempt = 0, kind = -1, inDoubt, unreported = 0, value = 0] = fields.map((field) =>
    Number.parseInt(field, 16),
  );
  const known = KINDS[kind];
  return known && { token, attempt, kind: known, inDoubt: inDoubt === 1, unreported, value };
}

export function isEnd({ kind }: JournalEntry): boolean {
  return KINDS.slice(2, 6).includes(kind);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
