import { Failure } from '../failure.ts';
import { parseStoredSession } from '../stored-session/parse-stored-session.ts';
import type { Timing } from '../time.ts';
import { CURRENT, digestOf, LOGGED_OUT } from './journal.ts';
import type { SecretStore } from './secret-store.ts';
import { keptVersionCount, sessionState } from './session-state.ts';
import type { Reading } from './session-vault.ts';

/** Waits between reads that disagree: "All Secrets Manager operations are eventually consistent" (AWS, ListSecrets). */
export const RECONCILE_WAITS_MS = [100, 300, 600];

/** Reads the value and the versions at the same time, until both name the same current version. */
export async function readSession(store: SecretStore, timing: Timing, session: string): Promise<Reading> {
  for (const waitMs of [0, ...RECONCILE_WAITS_MS]) {
    await timing.wait(waitMs);
    const [value, { versions, nowMs }] = await Promise.all([
      store.readCurrent(session),
      store.listVersions(session),
    ]);
    const listed = versions.find((version) => version.labels.includes(CURRENT));
    if (listed?.versionId !== value.versionId) continue;
    const current = { ...listed, labels: [...new Set([...listed.labels, ...value.labels])] };
    const stored = parseStoredSession(value.text);
    const token = digestOf(stored.refreshToken);
    return {
      session,
      currentVersionId: current.versionId,
      stored,
      token,
      state: sessionState(current, token, versions, nowMs),
      refreshTokenAgeMs: Math.max(0, nowMs - current.createdAtMs),
      keptVersions: keptVersionCount(versions, nowMs),
      versionIds: new Set(versions.map(({ versionId }) => versionId)),
      markedVersionId: versions.find(({ labels }) => labels.includes(LOGGED_OUT))?.versionId,
    };
  }
  throw new Failure('session_busy', 'Secrets Manager’s answers do not agree yet');
}
