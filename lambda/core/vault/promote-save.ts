import { CLOCKS_APART_MS } from '../condition.ts';
import { Failure } from '../failure.ts';
import { parseStoredSession } from '../stored-session/parse-stored-session.ts';
import type { StoredSession } from '../stored-session/stored-session.ts';
import { type ClaimRecord, CURRENT, digestOf, SAVE_COPIES, saveId } from './journal.ts';
import { openClaims, recordOf } from './next.ts';
import { READ_AGAIN_AFTER_MS, type VaultPorts } from './read-session.ts';
import type { Claim, Reading } from './reading.ts';
import type { CurrentSecret, SecretStore } from './secret-store.ts';

/**
 * Makes the save of an earlier run current: that of a run that died, or the successor of a token that was stored again.
 * Readings lag, so saves are read by their ids. If the label has moved, another run was first.
 * @returns whether there is one
 */
export async function promoteSave(store: SecretStore, reading: Reading): Promise<boolean> {
  const { arn, versionId: from } = reading;
  const saved = await unpromoted(store, reading);
  if (saved === undefined || saved === from) return false;
  await store.moveLabel(arn, { label: CURRENT, from, to: saved });
  return true;
}

async function unpromoted(store: SecretStore, reading: Reading): Promise<string | undefined> {
  const { arn, journal, token, earlier } = reading;
  for (const claim of openClaims(reading).claims.toReversed()) {
    const saved = await findSave(store, arn, claim);
    if (saved !== undefined) return saved;
  }
  const successor = recordOf(journal.journal, token)?.replacedBy ?? earlier?.savedVersionId;
  return successor && (await store.readVersion(arn, { versionId: successor }))?.versionId;
}

async function findSave(store: SecretStore, arn: string, { id }: ClaimRecord): Promise<string | undefined> {
  let found: string | undefined;
  for (let copy = 0; copy < SAVE_COPIES; copy++) {
    const version = await store.readVersion(arn, { versionId: saveId(id, copy) });
    if (version === undefined) break;
    if (sessionIn(version.text) !== undefined) found = version.versionId;
  }
  return found;
}

/** Whether the secret holds a newer refresh token than the claimed one. Makes an earlier run's save current. */
export async function hasNewerToken({ store, timing }: VaultPorts, { reading }: Claim): Promise<boolean> {
  for (const waitMs of [0, ...READ_AGAIN_AFTER_MS]) {
    await timing.wait(waitMs);
    const current = await store.readCurrent(reading.arn);
    const holdsAnother = sessionIn(current.text, reading.token) === undefined;
    if (holdsAnother && !isOlder(current, reading)) return true;
    if (openClaims(reading).claims.length > 0 && (await promoteSave(store, reading))) return true;
  }
  return false;
}

/** Readings lag: a version that was stored before the claimed one is not newer. */
export function isOlder(current: CurrentSecret, { createdAtMs }: Reading): boolean {
  return current.createdAtMs < createdAtMs - CLOCKS_APART_MS;
}

/** The session in a text, or `undefined` if the text holds none, or another refresh token than this one. */
export function sessionIn(text: string, token?: string): StoredSession | undefined {
  try {
    const stored = parseStoredSession(text);
    return token === undefined || digestOf(stored.refreshToken) === token ? stored : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
