import { CLAIM_LIFE_MS, FUNCTION_TIMEOUT_SECONDS } from '../claim-life.ts';
import { busy, conditionOf, isRepeated, openClaims, requireClaimable, tokenMayBeLost } from '../condition.ts';
import { Failure } from '../failure.ts';
import { parseStoredSession } from '../stored-session/parse-stored-session.ts';
import { type Deadline, fullJitterMs } from '../time.ts';
import { type ClaimRecord, CURRENT, SAVE_COPIES, saveId } from './journal.ts';
import { iso, recordOf } from './next.ts';
import { readAgain, type VaultPorts } from './read-session.ts';
import type { SecretStore } from './secret-store.ts';
import { isAccessDenied } from './secrets-failure.ts';
import type { Claim, Reading } from './session-vault.ts';
import { untilDeadline } from './until-deadline.ts';
import { changeJournal, nextVersion, putJournal } from './write-journal.ts';

/** Waits between readings that disagree: "All Secrets Manager operations are eventually consistent" (AWS, ListSecrets). */
export const READ_AGAIN_AFTER_MS = [100, 300, 600];

const MAX_TRIES = 3;

/**
 * Claims the token that was read, or the newer one that an earlier run saved. The claim also proves that the secret can be
 * written before the token is spent.
 */
export async function claimSession(ports: VaultPorts, reading: Reading, deadline: Deadline): Promise<Claim> {
  let latest = reading;
  for (const waitMs of READ_AGAIN_AFTER_MS) {
    requireClaimable(conditionOf(latest), latest.nowMs);
    let isLate = false;
    if (!(await promoteSave(ports.store, latest)) && isFresh(ports, latest)) {
      const claim = await writeClaim(ports, latest, deadline);
      if (claim !== undefined) return claim;
      isLate = true;
    }
    await ports.timing.wait(waitMs + fullJitterMs(ports.timing, 0, waitMs, waitMs));
    latest = await readAgain(ports, latest);
    // The run that was first has logged the session out.
    if (isLate && isRepeated(latest)) break;
  }
  throw busy();
}

/** A run never writes a journal that it read longer ago than its own life: the machine may have slept. */
function isFresh({ timing }: VaultPorts, { readAtMs }: Reading): boolean {
  return timing.nowMs() - readAtMs < FUNCTION_TIMEOUT_SECONDS * 1000;
}

/** `undefined` if another run has written the next journal. */
async function writeClaim(
  ports: VaultPorts,
  reading: Reading,
  deadline: Deadline,
): Promise<Claim | undefined> {
  const { arn, token, currentVersionId: versionId, createdAtMs, isMarked, nowMs } = reading;
  const record = { id: ports.timing.uuid(), at: iso(nowMs), until: iso(nowMs + CLAIM_LIFE_MS) };
  const current = { versionId, token, createdAtMs, isMarked, inDoubt: tokenMayBeLost(reading) };
  const journal = nextVersion(reading.journal, { kind: 'claim', claim: record, current }, nowMs);
  const put = await untilDeadline(ports.timing, deadline, () => putJournal(ports.store, arn, journal), {
    maxTries: MAX_TRIES,
    isFinal: isDefinite,
  });
  if (put.kind === 'done') {
    const takesOver = openClaims(reading).claims.length > 0;
    return put.value === 'written' ? { reading, record, journal, takesOver } : undefined;
  }
  if (!isDefinite(put.cause)) {
    // The claim may have been written, or may come late. The next journal says that nothing was spent, or takes its id.
    const end = { kind: 'unspent', inDoubt: false, why: 'Secrets Manager did not answer' } as const;
    const withdraw = changeJournal(ports.store, reading, { kind: 'end', claim: record, token, end });
    await untilDeadline(ports.timing, deadline, withdraw, { isFinal: isDefinite });
  }
  throw put.cause instanceof Failure
    ? put.cause
    : new Failure('secrets_unavailable', 'Secrets Manager did not answer in time', { cause: put.cause });
}

function isDefinite(error: unknown): boolean {
  return error instanceof Failure && (error.code !== 'secrets_unavailable' || isAccessDenied(error));
}

/**
 * Makes the save of an earlier run current: that of a run that died, or the successor of a token that was stored again.
 * Readings lag, so saves are read by their ids. If the label has moved, another run was first.
 * @returns whether there is one
 */
export async function promoteSave(store: SecretStore, reading: Reading): Promise<boolean> {
  const { arn, currentVersionId: from } = reading;
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
    if (isSession(version.text)) found = version.versionId;
  }
  return found;
}

function isSession(text: string): boolean {
  try {
    parseStoredSession(text);
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}
