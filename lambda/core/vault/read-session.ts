import { FUNCTION_TIMEOUT_SECONDS } from '../claim-life.ts';
import { parseStoredSession } from '../stored-session/parse-stored-session.ts';
import type { Timing } from '../time.ts';
import { EARLIER_CLAIM, earlierClaim } from './earlier-release.ts';
import {
  digestOf,
  idAfter,
  JOURNAL,
  type JournalVersion,
  LOGGED_OUT,
  NO_JOURNAL,
  parseJournal,
} from './journal.ts';
import { isSignIn, originOf, recordOf } from './next.ts';
import type { Reading } from './reading.ts';
import type { SecretStore, SecretVersion } from './secret-store.ts';

export interface VaultPorts {
  readonly store: SecretStore;
  readonly timing: Timing;
}

/** Waits between readings that disagree: "All Secrets Manager operations are eventually consistent" (AWS, ListSecrets). */
export const READ_AGAIN_AFTER_MS = [100, 300, 600];

/** A secret that has lost the journal's label by hand has at most so many journals. */
const MAX_JOURNALS = 100;

/** The labels that a run reads beside AWSCURRENT. */
export const READ_LABELS: readonly string[] = [JOURNAL, EARLIER_CLAIM];

/** Reads the current version and the journal side by side. */
export async function readSession(
  { store, timing }: VaultPorts,
  session: string,
  secret: string = session,
): Promise<Reading> {
  const readAtMs = timing.nowMs();
  const [current, journalVersion, earlier] = await Promise.all([
    store.readCurrent(secret),
    store.readVersion(secret, { label: JOURNAL }),
    store.readVersion(secret, { label: EARLIER_CLAIM }),
  ]);
  const { labels, text, ...version } = current;
  const stored = parseStoredSession(text);
  const token = digestOf(stored.refreshToken);
  const journal = journalOf(journalVersion);
  const { tier, accountId, clientId } =
    (recordOf(journal.journal, token) ?? originOf(journal.journal, version.versionId)?.record)?.found ?? {};
  const read = { ...version, session, isMarked: labels.includes(LOGGED_OUT), token, journal, readAtMs };
  return {
    ...read,
    stored: {
      ...stored,
      tier: stored.tier ?? tier,
      accountId: stored.accountId ?? accountId,
      clientId: stored.clientId ?? clientId,
    },
    earlier: earlier && earlierClaim(earlier, read),
    replacedLogout: await replacedLogout(store, read),
  };
}

/** A logout that is marked writes no journal. If a sign-in has replaced its save before the next run, only the mark tells of it. */
async function replacedLogout(
  store: SecretStore,
  reading: Pick<Reading, 'arn' | 'journal' | 'versionId' | 'token'>,
): Promise<string | undefined> {
  const { arn, journal } = reading;
  const isReplaced = isSignIn(reading) && journal.journal.tokens.some(({ claims }) => claims.length > 0);
  return isReplaced ? (await store.readVersion(arn, { label: LOGGED_OUT }))?.versionId : undefined;
}

/** A run never writes a journal that it read longer ago than its own life. */
export function isFresh(timing: Timing, reading: Reading): boolean {
  return ageMs(timing, reading) < FUNCTION_TIMEOUT_SECONDS * 1000;
}

export function ageMs(timing: Timing, { readAtMs }: Reading): number {
  return Math.max(0, timing.nowMs() - readAtMs);
}

/** A conflict shows that this reading is old. Readings lag, so the journals that have followed are read by their ids. */
export async function readAgain(ports: VaultPorts, { session, arn }: Reading): Promise<Reading> {
  const reading = await readSession(ports, session, arn);
  return { ...reading, journal: await newestAfter(ports.store, arn, reading.journal) };
}

export async function newestJournal(store: SecretStore, arn: string): Promise<JournalVersion> {
  return newestAfter(store, arn, journalOf(await store.readVersion(arn, { label: JOURNAL })));
}

async function newestAfter(store: SecretStore, arn: string, from: JournalVersion): Promise<JournalVersion> {
  let newest = from;
  for (let journals = 0; journals < MAX_JOURNALS; journals++) {
    const following = await store.readVersion(arn, { versionId: idAfter(newest.versionId) });
    if (following === undefined) break;
    newest = journalOf(following);
  }
  return newest;
}

function journalOf(version: SecretVersion | undefined): JournalVersion {
  return version === undefined ? NO_JOURNAL : parseJournal(version.versionId, version.text);
}
