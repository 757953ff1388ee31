import { randomUUID } from 'node:crypto';
import { Failure } from '../../lambda/failure.ts';
import { sessionSecretName } from '../../lambda/session-name.ts';
import { claimAttempt } from '../../lambda/vault/claim-session.ts';
import { journalVersionId } from '../../lambda/vault/journal.ts';
import { CLAIM, CURRENT } from '../../lambda/vault/labels.ts';
import type { SavedSession } from '../../lambda/vault/session-vault.ts';
import type { Target } from './target.ts';

/**
 * Replaces the text that this run has just saved by another with the same refresh token. If another run spent the token in
 * the meantime, the new text would restore a spent one. So this claims the saved version and writes the text as the save of
 * that claim: other runs find the session busy, and if this run dies, the next one makes the text current.
 */
export async function rewriteSaved(
  { store, vault }: Target,
  saved: SavedSession,
  text: string,
): Promise<void> {
  const reading = { ...saved.reading, generation: saved.versionId };
  const name = sessionSecretName(reading.session);
  const claim = await claimAttempt(store, reading, { attempt: 0, takesOver: false }, randomUUID());
  const versionId = journalVersionId(reading.generation, 'save', claim.attempt);
  try {
    await store.putVersion(name, { versionId, text, label: CLAIM });
  } catch (error) {
    await vault.giveBack(claim, 'unspent');
    throw error;
  }
  const moved = await store.moveLabel(name, { label: CURRENT, from: saved.versionId, to: versionId });
  await vault.release({ reading, versionId });
  if (moved === 'conflict' && (await store.readCurrent(name)).versionId !== versionId) {
    throw new Failure('session_busy', 'a newer sign-in was stored during the import; it is kept');
  }
}
