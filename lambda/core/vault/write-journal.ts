import { busy } from '../condition.ts';
import { EARLIER_CLAIM } from './earlier-release.ts';
import { idAfter, JOURNAL, type JournalVersion, journalText } from './journal.ts';
import { type Change, next } from './next.ts';
import { newestJournal } from './read-session.ts';
import type { SecretStore } from './secret-store.ts';

const MAX_CONFLICTS = 5;

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
 * A step that writes the change on top of the newest journal, beginning with the newest one that this run knows. After a
 * conflict, it reads again. It can be repeated.
 */
export function changeJournal(
  store: SecretStore,
  { arn, journal, nowMs }: { readonly arn: string; readonly journal: JournalVersion; readonly nowMs: number },
  change: Change,
): () => Promise<void> {
  let newest = journal;
  return async () => {
    for (let tries = 0; tries < MAX_CONFLICTS; tries++) {
      if ((await putJournal(store, arn, nextVersion(newest, change, nowMs))) === 'written') return;
      newest = await newestJournal(store, arn);
    }
    throw busy();
  };
}
