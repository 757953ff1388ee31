import { randomUUID } from 'node:crypto';
import type { Timing } from '../time.ts';
import { busy, requireAvailable } from './availability.ts';
import { bestEffort } from './best-effort.ts';
import { CLAIM, CURRENT, entryVersionId } from './journal.ts';
import { RECONCILE_WAITS_MS, readSession } from './read-session.ts';
import type { SecretStore } from './secret-store.ts';
import type { Claim, Reading } from './session-vault.ts';

/**
 * Claims the token that was read, or the newer one that an earlier run saved. The claim also proves that the secret can be
 * written before the token is spent.
 */
export async function claimSession(store: SecretStore, timing: Timing, reading: Reading): Promise<Claim> {
  let latest = reading;
  for (const waitMs of RECONCILE_WAITS_MS) {
    const { availability } = latest.state;
    requireAvailable(availability);
    if (availability.kind === 'claimable' && !(await promoteUnlistedSave(store, latest))) {
      return claimAttempt(store, latest, availability);
    }
    if (availability.kind === 'saved_not_current') await promote(store, latest, availability.versionId);
    await timing.wait(waitMs);
    latest = await readSession(store, timing, reading.session);
  }
  throw busy();
}

/** Looks up the saves of unreported attempts by version id, since lists can be late. Resolves to whether one was made current. */
export async function promoteUnlistedSave(store: SecretStore, reading: Reading): Promise<boolean> {
  for (const attempt of reading.state.unreportedAttempts.toReversed()) {
    const versionId = entryVersionId({ token: reading.token, attempt, kind: 'save' });
    if ((await store.readVersion(reading.session, versionId)) === undefined) continue;
    await promote(store, reading, versionId);
    return true;
  }
  return false;
}

/**
 * The text is different for every claim: writing the same text again is not a conflict.
 */
export async function claimAttempt(
  store: SecretStore,
  reading: Reading,
  { attempt, takesOver }: Pick<Claim, 'attempt' | 'takesOver'>,
): Promise<Claim> {
  const claimed = await store.putVersion(reading.session, {
    versionId: entryVersionId({ token: reading.token, attempt, kind: 'claim' }),
    text: `claim ${randomUUID()}`,
    label: CLAIM,
  });
  if (claimed === 'conflict') throw busy();
  return { reading, attempt, takesOver };
}

/** If the label has moved, another run was first. The next reading shows its result. */
async function promote(store: SecretStore, reading: Reading, versionId: string): Promise<void> {
  await store.moveLabel(reading.session, { label: CURRENT, from: reading.currentVersionId, to: versionId });
  await bestEffort(() => store.moveLabel(reading.session, { label: CLAIM, from: versionId }));
}
