import { randomUUID } from 'node:crypto';
import { Failure } from '../../lambda/failure.ts';
import { sessionSecretName } from '../../lambda/session-name.ts';
import { claimAttempt } from '../../lambda/vault/claim-session.ts';
import { journalVersionId } from '../../lambda/vault/journal.ts';
import { CLAIM, CURRENT } from '../../lambda/vault/labels.ts';
import type { SavedSession } from '../../lambda/vault/session-vault.ts';
import type { Target } from './target.ts';

/**
 * Puts another text with the same refresh token in the place of what this run has just saved and still holds. Were the token
 * spent meanwhile, the text would bring back a spent one. So the saved version is claimed in its turn, and the text written as
 * what came of that claim: other runs find the session busy, and where this one dies the next makes the text current.
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
