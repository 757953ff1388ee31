import type { Deadline, Timing } from '../time.ts';
import { bestEffort } from './best-effort.ts';
import { claimSession, promoteUnlistedSave } from './claim-session.ts';
import { CLAIM, entryVersionId, type JournalEntry, LOGGED_OUT } from './journal.ts';
import { RECONCILE_WAITS_MS, readSession } from './read-session.ts';
import { saveToken, sessionWith } from './save-grant.ts';
import type { SecretStore } from './secret-store.ts';
import { isAccessDenied } from './secrets-failure.ts';
import type { Claim, SessionVault } from './session-vault.ts';
import { untilDeadline } from './until-deadline.ts';

/** The vault over Secrets Manager's versions and staging labels. `onSaveRetry` is called for each try beyond the first. */
export function vaultOverStore(
  store: SecretStore,
  timing: Timing,
  onSaveRetry: (cause: unknown) => void,
): SessionVault {
  const write = (session: string, entry: JournalEntry, deadline: Deadline) =>
    untilDeadline(
      timing,
      deadline,
      () =>
        store.putVersion(session, {
          versionId: entryVersionId(entry),
          text: entry.kind,
          label: CLAIM,
        }),
      { isFinal: isAccessDenied },
    );

  return {
    read: (session) => readSession(store, timing, session),
    claim: (reading) => claimSession(store, timing, reading),
    saveToken: (claim, token, deadline) =>
      saveToken({ store, timing, deadline, onRetry: onSaveRetry }, claim, token),
    markLoggedOut: ({ reading: { session, markedVersionId: from }, versionId: to }) =>
      bestEffort(() =>
        store.moveLabel(session, {
          label: LOGGED_OUT,
          to,
          ...(from !== undefined && from !== to && { from }),
        }),
      ),
    async release({ reading: { session }, token, attempt, versionId }, deadline, note) {
      if (note === undefined) {
        await bestEffort(() => store.moveLabel(session, { label: CLAIM, from: versionId }));
      } else {
        const value =
          note.kind === 'cool_down' ? note.seconds : note.client === 'own' ? 0 : Number(note.client);
        await write(
          session,
          { token, attempt, kind: note.kind, inDoubt: false, unreported: 0, value },
          deadline,
        );
      }
    },
    async endClaim(
      { reading: { session, token, state }, attempt },
      { kind, inDoubt, seconds = 0 },
      deadline,
    ) {
      const entry = { token, attempt, kind, unreported: state.unreported, value: seconds };
      await write(session, { ...entry, inDoubt: inDoubt || state.tokenMayBeLost }, deadline);
    },
    hasNewerToken: (claim) => hasNewerToken(store, timing, claim),
  };
}

async function hasNewerToken(store: SecretStore, timing: Timing, { reading }: Claim): Promise<boolean> {
  for (const waitMs of [0, ...RECONCILE_WAITS_MS]) {
    await timing.wait(waitMs);
    const { versionId, text } = await store.readCurrent(reading.session);
    if (!reading.versionIds.has(versionId) && sessionWith(reading.token, text) === undefined) return true;
    if (await promoteUnlistedSave(store, reading)) return true;
  }
  return false;
}
