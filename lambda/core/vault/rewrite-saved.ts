import { Failure } from '../failure.ts';
import { bestEffort } from './best-effort.ts';
import { claimAttempt } from './claim-session.ts';
import { CLAIM, CURRENT, entryVersionId } from './journal.ts';
import type { SecretStore } from './secret-store.ts';
import type { SavedSession } from './session-vault.ts';

/**
 * Replaces the text that this run has just saved by another text with the same refresh token. If another run spent the
 * token meanwhile, the text would restore a spent token. So this claims the new token and writes the text as the save of
 * that claim: other runs find the session busy, and if this run dies, the next run makes the text current.
 */
export async function rewriteSaved(store: SecretStore, saved: SavedSession, text: string): Promise<void> {
  const reading = { ...saved.reading, currentVersionId: saved.versionId, token: saved.token };
  const attempt = saved.attempt + 1;
  await claimAttempt(store, reading, { attempt, takesOver: false });
  const about = { token: saved.token, attempt };
  const versionId = entryVersionId({ ...about, kind: 'save' });
  const unspent = entryVersionId({
    ...about,
    kind: 'unspent',
  });
  try {
    await store.putVersion(reading.session, { versionId, text, label: CLAIM });
  } catch (error) {
    await bestEffort(() =>
      store.putVersion(reading.session, { versionId: unspent, text: 'unspent', label: CLAIM }),
    );
    throw error;
  }
  const moved = await store.moveLabel(reading.session, {
    label: CURRENT,
    from: saved.versionId,
    to: versionId,
  });
  await bestEffort(() => store.moveLabel(reading.session, { label: CLAIM, from: versionId }));
  if (moved === 'conflict' && (await store.readCurrent(reading.session)).versionId !== versionId) {
    throw new Failure('session_busy', 'a newer sign-in was stored during the import; it is kept');
  }
}
