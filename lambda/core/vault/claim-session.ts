import { CLAIM_LIFE_MS } from '../claim-life.ts';
import { busy, isRepeated, requireClaimable, tokenMayBeLost } from '../condition.ts';
import { type Deadline, fullJitterMs } from '../time.ts';
import { EARLIER_CLAIM } from './earlier-release.ts';
import { type Client, type FoundIds, JOURNAL, type JournalVersion, journalText } from './journal.ts';
import { type ClaimEnd, claimed, ended, iso, next, openClaims } from './next.ts';
import { promoteSave } from './promote-save.ts';
import {
  ageMs,
  isFresh,
  newestJournal,
  READ_AGAIN_AFTER_MS,
  readAgain,
  type VaultPorts,
} from './read-session.ts';
import type { Claim, Reading } from './reading.ts';
import type { SecretStore } from './secret-store.ts';
import { disagreement, isDefinite } from './secrets-failure.ts';
import { untilDeadline } from './until-deadline.ts';

const MAX_TRIES = 3;
const MAX_CONFLICTS = 5;

/**
 * Claims the token that was read, or the newer one that an earlier run saved. The claim also proves that the secret can be
 * written before the token is spent.
 * @param client the client to be logged out
 */
export async function claimSession(
  ports: VaultPorts,
  reading: Reading,
  deadline: Deadline,
  client?: Client,
): Promise<Claim> {
  let latest = reading;
  let isLate = false;
  for (const waitMs of READ_AGAIN_AFTER_MS) {
    requireClaimable(latest, client);
    const isUpToDate = !(await promoteSave(ports.store, latest)) && isFresh(ports.timing, latest);
    const claim = isUpToDate ? await writeClaim(ports, latest, deadline) : undefined;
    if (claim !== undefined) return claim;
    isLate ||= isUpToDate;
    await ports.timing.wait(waitMs + fullJitterMs(ports.timing, waitMs));
    latest = await readAgain(ports, latest);
    // The run that was first has logged the client out.
    if (isLate && isRepeated(latest, client)) break;
  }
  throw busy();
}

/** `undefined` if another run has written the next journal. */
async function writeClaim(
  ports: VaultPorts,
  reading: Reading,
  deadline: Deadline,
): Promise<Claim | undefined> {
  const { arn, nowMs } = reading;
  const record = { id: ports.timing.uuid(), at: iso(nowMs), until: iso(nowMs + CLAIM_LIFE_MS) };
  const journal = next(reading.journal, claimed(record, reading, tokenMayBeLost(reading)), nowMs);
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
    const end = { what: 'failed', why: 'Secrets Manager did not answer' } as const;
    await endClaim(ports, { reading, record, journal: reading.journal }, end, deadline);
  }
  throw put.cause;
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

function putJournal(
  store: SecretStore,
  arn: string,
  { versionId, journal }: JournalVersion,
): Promise<'written' | 'conflict'> {
  return store.putVersion(arn, { versionId, text: journalText(journal), labels: [JOURNAL, EARLIER_CLAIM] });
}
