import { Failure } from '../../lambda/core/failure.ts';
import { parseStoredSession } from '../../lambda/core/stored-session/parse-stored-session.ts';
import type { StoredSession } from '../../lambda/core/stored-session/stored-session.ts';
import { type Deadline, realTiming } from '../../lambda/core/time.ts';
import { rewriteSaved } from '../../lambda/core/vault/rewrite-saved.ts';
import type { Reading } from '../../lambda/core/vault/session-vault.ts';
import { findIds } from './find-ids.ts';
import { requireMove } from './permissions.ts';
import { refreshAndSave } from './refresh-and-save.ts';
import { withFields } from './stored-text.ts';
import type { Target } from './target.ts';

export interface LookUp {
  readonly session: string;
  /** The version that was just written. */
  readonly versionId: string;
  readonly runEnds: Deadline;
}

/** Waits for a write to be seen: "All Secrets Manager operations are eventually consistent" (AWS, ListSecrets). */
export const READ_AGAIN_AFTER_MS = [0, 200, 400, 800, 1600];

/**
 * Looks up the fields that a stored session lacks. This needs an access token, so it claims, refreshes and saves as a logout
 * does. The session stays claimed until the fields are written.
 */
export async function lookUpMissing(
  target: Target,
  { session, versionId, runEnds }: LookUp,
): Promise<StoredSession> {
  const { vault, blink } = target;
  await requireMove(target.store, session, versionId);
  const { saved, grant } = await refreshAndSave({ vault, blink, runEnds }, async () =>
    vault.claim(await readBack(target, session, versionId)),
  );
  const text = saved.reading.stored.withGrant(grant);
  try {
    const stored = parseStoredSession(text);
    const found = await findIds(blink, grant.accessToken);
    const complete = withFields(text, stored.form, {
      refreshToken: grant.refreshToken,
      oauthClient: grant.oauthClient,
      hardwareId: stored.hardwareId,
      accountId: found.accountId ?? stored.accountId,
      clientId: stored.clientId ?? found.clientId,
      tier: found.tier ?? stored.tier,
    });
    await rewriteSaved(target.store, saved, complete);
    return parseStoredSession(complete);
  } catch (error) {
    await vault.release(saved, runEnds);
    throw error;
  }
}

/** A read after a write may still return the version before it. */
async function readBack({ vault }: Target, session: string, versionId: string): Promise<Reading> {
  for (const waitMs of READ_AGAIN_AFTER_MS) {
    await realTiming.wait(waitMs);
    const reading = await vault.read(session);
    if (reading.currentVersionId === versionId) return reading;
  }
  throw new Failure('session_busy', 'the session was imported, and something else has changed it since');
}
