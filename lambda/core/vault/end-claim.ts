import type { Deadline } from '../time.ts';
import { EARLIER_CLAIM } from './earlier-release.ts';
import { type FoundIds, JOURNAL, type JournalVersion, journalText } from './journal.ts';
import { type ClaimEnd, ended, next } from './next.ts';
import { ageMs, isFresh, newestJournal, type VaultPorts } from './read-session.ts';
import type { Claim } from './reading.ts';
import type { SecretStore } from './secret-store.ts';
import { disagreement, isDefinite } from './secrets-failure.ts';
import { untilDeadline } from './until-deadline.ts';

const MAX_CONFLICTS = 5;

export function putJournal(
  store: SecretStore,
  arn: string,
  { versionId, journal }: JournalVersion,
): Promise<'written' | 'conflict'> {
  return store.putVersion(arn, { versionId, text: journalText(journal), labels: [JOURNAL, EARLIER_CLAIM] });
}

/**
 * Writes the end on top of the newest journal. Reads that after a conflict, and if the known one is older than a run can live:
 * the machine may have slept.
 */
export async function endClaim(
  { store, timing }: VaultPorts,
  { reading, record, journal }: Omit<Claim, 'takesOver'>,
  end: ClaimEnd,
  deadline: Deadline,
  found?: FoundIds,
): Promise<void> {
  const change = ended(record, reading.token, end, found);
  const nowMs = reading.nowMs + ageMs(timing, reading);
  let newest: JournalVersion | undefined = journal;
  const write = async () => {
    for (let tries = 0; tries < MAX_CONFLICTS; tries++) {
      if (newest === undefined || !isFresh(timing, reading)) newest = await newestJournal(store, reading.arn);
      if ((await putJournal(store, reading.arn, next(newest, change, nowMs))) === 'written') return;
      newest = undefined;
    }
    throw disagreement();
  };
  await untilDeadline(timing, deadline, write, { isFinal: isDefinite });
}
