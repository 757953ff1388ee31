import type { RenewedToken } from '../blink/blink.ts';
import { Failure } from '../failure.ts';
import type { Deadline } from '../time.ts';
import { CURRENT, isSaveOf, SAVE_COPIES, SAVED, saveId } from './journal.ts';
import { isOlder, sessionIn } from './promote-save.ts';
import { READ_AGAIN_AFTER_MS, type VaultPorts } from './read-session.ts';
import type { Claim, Reading, SavedSession } from './reading.ts';
import type { SecretStore } from './secret-store.ts';
import { disagreement, isAccessDenied } from './secrets-failure.ts';
import { untilDeadline } from './until-deadline.ts';

interface Version {
  readonly versionId: string;
  readonly text: string;
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
  const { reading, record } = claim;
  let replacedId = reading.versionId;
  let { stored } = reading;
  for (let copy = 0; copy < SAVE_COPIES; copy++) {
    const save = { versionId: saveId(record.id, copy), text: stored.withGrant(token) };
    const put = await untilDeadline(timing, deadline, () => putSave(store, reading.arn, save), { onRetry });
    if (put.kind === 'over') throw notStored(put.cause);
    if (put.value === 'taken') continue;

    const move = () => makeCurrent(ports, reading, replacedId, save);
    const moved = await untilDeadline(timing, deadline, move, { onRetry, isFinal: isAccessDenied });
    if (moved.kind === 'over') throw notCurrent(moved.cause);
    const current = moved.value;
    if (isSaveOf(record, current.versionId)) return { claim, stored, versionId: current.versionId };
    const storedAgain = sessionIn(current.text, reading.token);
    if (storedAgain === undefined) throw superseded();
    replacedId = current.versionId;
    stored = storedAgain;
  }
  throw notStored(undefined);
}

/** If the id is taken, by this run or by another writer, the version says by whom. */
async function putSave(store: SecretStore, arn: string, save: Version): Promise<'written' | 'taken'> {
  if ((await store.putVersion(arn, { ...save, labels: [SAVED] })) === 'written') return 'written';
  const version = await store.readVersion(arn, { versionId: save.versionId });
  if (version === undefined) throw disagreement();
  return version.text === save.text ? 'written' : 'taken';
}

/**
 * Returns the version that is current then: the save, or a version that was stored meanwhile. If it is a save of this claim,
 * a failed move is a success: its answer was lost, or another run moved the label.
 */
async function makeCurrent(
  { store, timing }: VaultPorts,
  reading: Reading,
  replacedId: string,
  save: Version,
): Promise<Version> {
  const move = { label: CURRENT, from: replacedId, to: save.versionId };
  if ((await store.moveLabel(reading.arn, move)) === 'moved') return save;
  for (const waitMs of [0, ...READ_AGAIN_AFTER_MS]) {
    await timing.wait(waitMs);
    const current = await store.readCurrent(reading.arn);
    if (current.versionId !== replacedId && !isOlder(current, reading)) return current;
  }
  throw disagreement();
}

function notStored(cause: unknown): Failure {
  return new Failure('save_failed', 'the new refresh token could not be stored', { cause });
}

function notCurrent(cause: unknown): Failure {
  const message = 'the new refresh token is stored but not current; the next run makes it current';
  return new Failure('save_failed', message, { retryable: true, cause });
}

function superseded(): Failure {
  return new Failure(
    'session_busy',
    'a newer sign-in was stored during this run; it is kept and was not logged out',
  );
}
