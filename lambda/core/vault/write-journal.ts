import type { Deadline } from '../time.ts';
import { EARLIER_CLAIM } from './earlier-release.ts';
import { idAfter, JOURNAL, type JournalVersion, journalText } from './journal.ts';
import { type Change, next } from './next.ts';
import { ageMs, isFresh, newestJournal, type VaultPorts } from './read-session.ts';
import type { SecretStore } from './secret-store.ts';
import { disagreement, isDefinite } from './secrets-failure.ts';
import type { Reading } from './session-vault.ts';
import { untilDeadline } from './until-deadline.ts';

const MAX_CONFLICTS = 5;

/** What a run builds on: the newest journal that it knows, and the reading that tells secret and time. */
export interface Known {
  readonly reading: Reading;
  readonly journal: JournalVersion;
}

export function nextVersion(
  { versionId, journal }: JournalVersion,
  change: Change,
  nowMs: number,
): JournalVersion {
  return { versionId: idAfter(versionId), journal: next(journal, change, nowMs) };
}

export function putJournal(
  store: SecretStore,
  arn: string,
  { versionId, journal }: JournalVersion,
): Promise<'written' | 'conflict'> {
  return store.putVersion(arn, { versionId, text: journalText(journal), labels: [JOURNAL, EARLIER_CLAIM] });
}

/**
 * A step that writes the change on top of the newest journal. It reads that after a conflict, and if what it knows is older
 * than a run can live: the machine may have slept. It can be repeated.
 */
export function changeJournal(
  { store, timing }: VaultPorts,
  { reading, journal }: Known,
  change: Change,
): () => Promise<void> {
  const { arn } = reading;
  const nowMs = reading.nowMs + ageMs(timing, reading);
  let newest: JournalVersion | undefined = journal;
  return async () => {
    for (let tries = 0; tries < MAX_CONFLICTS; tries++) {
      if (newest === undefined || !isFresh(timing, reading)) newest = await newestJournal(store, arn);
      if ((await putJournal(store, arn, nextVersion(newest, change, nowMs))) === 'written') return;
      newest = undefined;
    }
    throw disagreement();
  };
}

/** Tries until the deadline, and does not fail. */
export async function writeChange(
  ports: VaultPorts,
  known: Known,
  change: Change,
  deadline: Deadline,
): Promise<void> {
  await untilDeadline(ports.timing, deadline, changeJournal(ports, known, change), { isFinal: isDefinite });
}
