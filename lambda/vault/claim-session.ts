import { randomUUID } from 'node:crypto';
import { Failure } from '../failure.ts';
import { sessionSecretName } from '../session-name.ts';
import type { Timing } from '../timing.ts';
import { requireAvailable } from './availability.ts';
import { bestEffort } from './best-effort.ts';
import { journalVersionId } from './journal.ts';
import { CLAIM, CURRENT } from './labels.ts';
import { RECONCILE_WAITS_MS, readSession } from './read-session.ts';
import type { SecretStore } from './secret-store.ts';
import type { Claim, Reading } from './session-vault.ts';

/**
 * Claims the generation that was read, or the newer one that a dead run saved. The claim also proves, before anything
 * is spent, that the secret can be written.
 */
export async function claimSession(
  store: SecretStore,
  timing: Timing,
  reading: Reading,
  runId: string,
): Promise<Claim> {
  let latest = reading;
  for (const waitMs of RECONCILE_WAITS_MS) {
    const { availability } = latest.state;
    requireAvailable(availability);
    if (availability.kind === 'claimable' && !(await promoteUnlistedSave(store, latest))) {
      return claimAttempt(store, latest, availability, runId);
    }
    if (availability.kind === 'saved_by_dead_run') await promote(store, latest, availability.versionId);
    await timing.wait(waitMs);
    latest = await readSession(store, timing, reading.session);
  }
  throw new Failure('session_busy', 'the token that an earlier run saved is being made current');
}

/** Asks for what dead runs may have saved, by its version id since lists can be late. Whether one was made current. */
export async function promoteUnlistedSave(store: SecretStore, reading: Reading): Promise<boolean> {
  for (const attempt of reading.state.deadAttempts.toReversed()) {
    const versionId = journalVersionId(reading.generation, 'save', attempt);
    if ((await store.readVersion(sessionSecretName(reading.session), versionId)) === undefined) continue;
    await promote(store, reading, versionId);
    return true;
  }
  return false;
}

/**
 * The body differs for every claim, not only for every invocation: a repeated delivery has the request id of the first
 * (AWS Lambda Developer Guide, asynchronous invocation), and the same body again would be no conflict.
 */
export async function claimAttempt(
  store: SecretStore,
  reading: Reading,
  { attempt, takesOver }: { readonly attempt: number; readonly takesOver: boolean },
  runId: string,
): Promise<Claim> {
  const claimed = await store.putVersion(sessionSecretName(reading.session), {
    versionId: journalVersionId(reading.generation, 'claim', attempt),
    text: JSON.stringify({ claimedBy: runId, claim: randomUUID() }),
    label: CLAIM,
  });
  if (claimed === 'conflict') throw new Failure('session_busy', 'another run is at work on this session');
  return { reading, attempt, takesOver };
}

/** Where the label is elsewhere already, somebody else was quicker: the next reading tells. */
async function promote(store: SecretStore, reading: Reading, versionId: string): Promise<void> {
  const name = sessionSecretName(reading.session);
  await store.moveLabel(name, { label: CURRENT, from: reading.generation, to: versionId });
  await bestEffort(() => store.moveLabel(name, { label: CLAIM, from: versionId }));
}
