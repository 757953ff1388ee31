import type { RenewedToken } from '../blink/blink.ts';
import { Failure } from '../failure.ts';
import { parseStoredSession } from '../stored-session/parse-stored-session.ts';
import type { StoredSession } from '../stored-session/stored-session.ts';
import type { Deadline, Timing } from '../time.ts';
import { CLAIM, CURRENT, digestOf, entryVersionId, parseEntry, type TokenDigest } from './journal.ts';
import { RECONCILE_WAITS_MS } from './read-session.ts';
import type { SecretStore } from './secret-store.ts';
import { isAccessDenied } from './secrets-failure.ts';
import type { Claim, SavedSession } from './session-vault.ts';
import { untilDeadline } from './until-deadline.ts';

export interface SaveOptions {
  readonly store: SecretStore;
  readonly timing: Timing;
  readonly deadline: Deadline;
  readonly onRetry: (cause: unknown) => void;
}

/** The version that the new one replaces. */
interface Replaced {
  readonly versionId: string;
  readonly stored: StoredSession;
}

/**
 * Stores the new refresh token as a version, and makes it current only in place of a version that holds the claimed one.
 * Both steps are idempotent and are retried until the deadline. A denied move is not retried, because the token is already
 * stored. A denied write is: it would lose the token, and the claim has just proven that the secret can be written.
 */
export function saveToken(options: SaveOptions, claim: Claim, token: RenewedToken): Promise<SavedSession> {
  const { currentVersionId, stored } = claim.reading;
  return saveInPlaceOf(options, claim, token, { versionId: currentVersionId, stored }, 0);
}

async function saveInPlaceOf(
  options: SaveOptions,
  claim: Claim,
  token: RenewedToken,
  replaced: Replaced,
  copy: number,
): Promise<SavedSession> {
  const { store, timing, deadline, onRetry } = options;
  const { reading, attempt } = claim;
  const versionId = entryVersionId({ token: reading.token, attempt, kind: 'save', value: copy });
  const text = replaced.stored.withGrant(token);

  const put = () => store.putVersion(reading.session, { versionId, text, label: CLAIM });
  const stored = await untilDeadline(timing, deadline, put, { onRetry });
  if (stored.kind === 'over' || stored.value === 'conflict') {
    const cause = stored.kind === 'over' ? stored.cause : undefined;
    throw new Failure('save_failed', 'the new refresh token could not be stored', { cause });
  }

  const move = () => makeCurrent(options, claim, replaced, versionId);
  const made = await untilDeadline(timing, deadline, move, { onRetry, isFinal: isAccessDenied });
  if (made.kind === 'over') {
    throw new Failure(
      'save_failed',
      'the new refresh token is stored but not current; the next run makes it current',
      {
        retryable: true,
        cause: made.cause,
      },
    );
  }
  switch (made.value.kind) {
    case 'current':
      return { reading, versionId: made.value.versionId, token: digestOf(token.refreshToken), attempt };
    case 'stored_again':
      return saveInPlaceOf(options, claim, token, made.value.replaced, copy + 1);
    case 'superseded':
      throw new Failure(
        'session_busy',
        'a newer sign-in was stored during this run; it is kept and was not logged out',
      );
  }
}

type MoveResult =
  | { readonly kind: 'current'; readonly versionId: string }
  /** Another version with the claimed token was stored meanwhile. */
  | { readonly kind: 'stored_again'; readonly replaced: Replaced }
  | { readonly kind: 'superseded' };

/** If the label is on `versionId` already, a failed move is a success: its answer was lost, or another run moved the label. */
async function makeCurrent(
  { store, timing }: SaveOptions,
  { reading, attempt }: Claim,
  replaced: Replaced,
  versionId: string,
): Promise<MoveResult> {
  const move = { label: CURRENT, from: replaced.versionId, to: versionId };
  if ((await store.moveLabel(reading.session, move)) === 'moved') return { kind: 'current', versionId };
  for (const waitMs of [0, ...RECONCILE_WAITS_MS]) {
    await timing.wait(waitMs);
    const current = await store.readCurrent(reading.session);
    if (isSaveOf(current.versionId, reading.token, attempt))
      return { kind: 'current', versionId: current.versionId };
    if (current.versionId === replaced.versionId || reading.versionIds.has(current.versionId)) continue;
    const stored = sessionWith(reading.token, current.text);
    if (stored === undefined) return { kind: 'superseded' };
    return { kind: 'stored_again', replaced: { versionId: current.versionId, stored } };
  }
  throw new Failure('secrets_unavailable', 'Secrets Manager’s answers do not agree yet');
}

function isSaveOf(versionId: string, token: TokenDigest, attempt: number): boolean {
  const entry = parseEntry(versionId);
  return entry?.kind === 'save' && entry.token === token && entry.attempt === attempt;
}

/** The session in a text that holds this refresh token, or `undefined` for any other text. */
export function sessionWith(token: TokenDigest, text: string): StoredSession | undefined {
  try {
    const stored = parseStoredSession(text);
    return digestOf(stored.refreshToken) === token ? stored : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
