import { sessionSecretName } from '../session-name.ts';
import type { Timing } from '../timing.ts';
import { bestEffort } from './best-effort.ts';
import { claimSession, promoteUnlistedSave } from './claim-session.ts';
import { type JournalEntry, journalVersionId } from './journal.ts';
import { CLAIM, LOGGED_OUT, REFUSED } from './labels.ts';
import { RECONCILE_WAITS_MS, readSession } from './read-session.ts';
import { saveGrant } from './save-grant.ts';
import type { SecretStore } from './secret-store.ts';
import type { Claim, Reading, SessionVault } from './session-vault.ts';

/** The vault over Secrets Manager's versions and staging labels. `onSaveRetry` is called for each try beyond the first. */
export function secretVault(
  store: SecretStore,
  timing: Timing,
  onSaveRetry: (cause: unknown) => void,
): SessionVault {
  const label = (reading: Reading, label: string, to: string) => {
    const holder = reading.labelHolders.get(label);
    const from = holder === undefined || holder === to ? {} : { from: holder };
    return bestEffort(() => store.moveLabel(sessionSecretName(reading.session), { label, to, ...from }));
  };

  const note = (reading: Reading, generation: string, entry: JournalEntry, attempt = 0) =>
    bestEffort(() =>
      store.putVersion(sessionSecretName(reading.session), {
        versionId: journalVersionId(generation, entry, attempt),
        text: JSON.stringify({ end: entry }),
        label: CLAIM,
      }),
    );

  return {
    read: (session) => readSession(store, timing, session),
    claim: (reading, runId) => claimSession(store, timing, reading, runId),
    save: (claim, grant, deadline) => saveGrant(store, timing, claim, grant, deadline, onSaveRetry),
    markLoggedOut: ({ reading, versionId }) => label(reading, LOGGED_OUT, versionId),
    async markRefused({ reading }) {
      await label(reading, REFUSED, reading.generation);
    },
    async release({ reading, versionId }) {
      await bestEffort(() =>
        store.moveLabel(sessionSecretName(reading.session), { label: CLAIM, from: versionId }),
      );
    },
    async rest({ reading, versionId }) {
      if (await note(reading, versionId, 'claim')) await note(reading, versionId, 'blocked');
    },
    async noteLogoutOf({ reading, versionId }, clientId) {
      await note(reading, versionId, `client-${clientId}`);
    },
    hasJustLoggedOut: ({ generation, recentVersionIds }, clientId) =>
      recentVersionIds.has(journalVersionId(generation, `client-${clientId}`, 0)),
    async giveBack({ reading, attempt }, end) {
      await note(reading, reading.generation, end, attempt);
    },
    hasMovedOn: (claim) => hasMovedOn(store, timing, claim),
  };
}

async function hasMovedOn(store: SecretStore, timing: Timing, { reading }: Claim): Promise<boolean> {
  for (const waitMs of [0, ...RECONCILE_WAITS_MS]) {
    await timing.wait(waitMs);
    const { createdAtMs } = await store.readCurrent(sessionSecretName(reading.session));
    if (createdAtMs > reading.createdAtMs) return true;
    if (await promoteUnlistedSave(store, reading)) return true;
  }
  return false;
}
