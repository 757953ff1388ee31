import { createHash } from 'node:crypto';

/**
 * The journal of a generation: what its runs did, told by which version ids exist. A version id can be written once,
 * so that whoever writes an entry first is the only one.
 *
 * - `claim`: a run is about to spend this generation's refresh token.
 * - `save`: the text with the refresh token that the run received.
 * - `unspent`: the run gave up, and the token was not spent.
 * - `unanswered`: the run gave up without knowing whether Blink has spent the token.
 * - `blocked`: the run gave up because Blink wants to be left alone for a while; the token was not spent.
 * - `client-<id>`: the run that saved this generation has logged out that other client of the account.
 */
export type JournalEntry = 'claim' | 'save' | 'unspent' | 'unanswered' | 'blocked' | `client-${string}`;

/** How a run that could not spend or could not learn what it spent gives its claim back. */
export type ClaimEnd = 'unspent' | 'unanswered' | 'blocked';

const NAMESPACE = Buffer.from('7d1f3c0e5a4b4f8e9c6a2b1d0e9f8a7c', 'hex');

/** A UUID v5 (RFC 9562 section 5.5), which PutSecretValue takes as `ClientRequestToken` and makes the version's id. */
export function journalVersionId(generation: string, entry: JournalEntry, attempt: number): string {
  const hash = createHash('sha1').update(NAMESPACE).update(`${generation}/${entry}/${attempt}`).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
