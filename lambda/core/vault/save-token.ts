import type { RenewedToken } from '../blink/blink.ts';
import { CLOCKS_APART_MS, openClaims } from '../condition.ts';
import { Failure } from '../failure.ts';
import { parseStoredSession } from '../stored-session/parse-stored-session.ts';
import type { StoredSession } from '../stored-session/stored-session.ts';
import type { Deadline } from '../time.ts';
import { promoteSave, READ_AGAIN_AFTER_MS } from './claim-session.ts';
import { CURRENT, digestOf, isSaveOf, SAVE_COPIES, SAVED, saveId, type TokenDigest } from './journal.ts';
import type { VaultPorts } from './read-session.ts';
import type { SecretStore } from './secret-store.ts';
import { isAccessDenied } from './secrets-failure.ts';
import type { Claim, Reading, SavedSession } from './session-vault.ts';
import { untilDeadline } from './until-deadline.ts';

/** The version that the new one replaces. */
interface Replaced {
  readonly versionId: string;
  readonly stored: StoredSession;
}

/**
 * Stores the new refresh token as a version, and makes it current only in place of a version that holds the claimed one.
 * Both steps are idempotent and are tried until the deadline. A denied move is not tried again, because the token is already
 * stored. A denied write is: it would lose the token, and the claim has just proven that the secret can be written.
 */
export async function saveToken(
  ports: VaultPorts,
  claim: Claim,
  token: RenewedToken,
  deadline: Deadline,
  onRetry: (cause: unknown) => void,
): Promise<SavedSession> {
  const { store, timing } = ports;
  const { arn, currentVersionId, stored } = claim.reading;
  let replaced: Replaced = { versionId: currentVersionId, stored };
  for (let copy = 0; copy < SAVE_COPIES; copy++) {
    const versionId = saveId(claim.record.id, copy);
    const text = replaced.stored.withGrant(token);
    const put = await untilDeadline(timing, deadline, () => putSave(store, arn, versionId, text), {
      onRetry,
    });
    if (put.kind === 'over') throw notStored(put.cause);
    if (put.value === 'taken') continue;

    const move = () => makeCurrent(ports, claim, replaced, versionId);
    const moved = await untilDeadline(timing, deadline, move, { onRetry, isFinal: isAccessDenied });
    if (moved.kind === 'over') throw notCurrent(moved.cause);
    switch (moved.value.kind) {
      case 'current': {
        const newToken = digestOf(token.refreshToken);
        return { claim, stored: replaced.stored, versionId: moved.value.versionId, token: newToken };
      }
      case 'stored_again':
        replaced = moved.value.replaced;
        break;
      case 'superseded':
        throw new Failure(
          'session_busy',
          'a newer sign-in was stored during this run; it is kept and was not logged out',
        );
    }
  }
  throw notStored(undefined);
}

/** If the id is taken, by this run or by another writer, the version says by whom. */
async function putSave(
  store: SecretStore,
  arn: string,
  versionId: string,
  text: string,
): Promise<'written' | 'taken'> {
  if ((await store.putVersion(arn, { versionId, text, labels: [SAVED] })) === 'written') return 'written';
  const version = await store.readVersion(arn, { versionId });
  if (version === undefined) throw disagreement();
  return version.text === text ? 'written' : 'taken';
}

type MoveResult =
  | { readonly kind: 'current'; readonly versionId: string }
  /** Another version with the claimed token was stored meanwhile. */
  | { readonly kind: 'stored_again'; readonly replaced: Replaced }
  | { readonly kind: 'superseded' };

/** If the label is on a save of this claim already, a failed move is a success: its answer was lost, or another run moved it. */
async function makeCurrent(
  { store, timing }: VaultPorts,
  { reading, record }: Claim,
  replaced: Replaced,
  versionId: string,
): Promise<MoveResult> {
  const { arn, token } = reading;
  const move = { label: CURRENT, from: replaced.versionId, to: versionId };
  if ((await store.moveLabel(arn, move)) === 'moved') return { kind: 'current', versionId };
  for (const waitMs of [0, ...READ_AGAIN_AFTER_MS]) {
    await timing.wait(waitMs);
    const current = await store.readCurrent(arn);
    if (isSaveOf(record, current.versionId)) return { kind: 'current', versionId: current.versionId };
    if (current.versionId === replaced.versionId || isOlder(current, reading)) continue;
    const stored = sessionWith(token, current.text);
    if (stored === undefined) return { kind: 'superseded' };
    return { kind: 'stored_again', replaced: { versionId: current.versionId, stored } };
  }
  throw disagreement();
}

/** Readings lag: a version that was stored before the claimed one is not newer. */
function isOlder(current: { readonly createdAtMs: number }, { createdAtMs }: Reading): boolean {
  return current.createdAtMs < createdAtMs - CLOCKS_APART_MS;
}

/** Whether the secret holds a newer refresh token than the claimed one. Makes an earlier run's save current. */
export async function hasNewerToken({ store, timing }: VaultPorts, { reading }: Claim): Promise<boolean> {
  for (const waitMs of [0, ...READ_AGAIN_AFTER_MS]) {
    await timing.wait(waitMs);
    const current = await store.readCurrent(reading.arn);
    const holdsAnother = sessionWith(reading.token, current.text) === undefined;
    if (holdsAnother && !isOlder(current, reading)) return true;
    if (openClaims(reading).claims.length > 0 && (await promoteSave(store, reading))) return true;
  }
  return false;
}

/** The session in a text that holds this refresh token, or `undefined` for any other text. */
function sessionWith(token: TokenDigest, text: string): StoredSession | undefined {
  try {
    const stored = parseStoredSession(text);
    return digestOf(stored.refreshToken) === token ? stored : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function notStored(cause: unknown): Failure {
  return new Failure('save_failed', 'the new refresh token could not be stored', { cause });
}

function notCurrent(cause: unknown): Failure {
  const message = 'the new refresh token is stored but not current; the next run makes it current';
  return new Failure('save_failed', message, { retryable: true, cause });
}

function disagreement(): Failure {
  return new Failure('secrets_unavailable', 'Secrets Manager’s answers do not agree yet');
}
