import { CLAIM_LIFE_MS } from '../claim-life.ts';
import { busy, isRepeated, requireClaimable, tokenMayBeLost } from '../condition.ts';
import { type Deadline, fullJitterMs } from '../time.ts';
import { endClaim, putJournal } from './end-claim.ts';
import type { Client } from './journal.ts';
import { claimed, iso, next, openClaims } from './next.ts';
import { promoteSave } from './promote-save.ts';
import { isFresh, READ_AGAIN_AFTER_MS, readAgain, type VaultPorts } from './read-session.ts';
import type { Claim, Reading } from './reading.ts';
import { isDefinite } from './secrets-failure.ts';
import { untilDeadline } from './until-deadline.ts';

const MAX_TRIES = 3;

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
