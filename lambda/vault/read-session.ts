import { Failure } from '../failure.ts';
import { sessionSecretName } from '../session-name.ts';
import { parseStoredSession } from '../stored-session/parse-stored-session.ts';
import type { Timing } from '../timing.ts';
import { CURRENT } from './labels.ts';
import type { SecretStore, SecretVersion } from './secret-store.ts';
import { keptVersionCount, recentVersionIds, sessionState } from './session-state.ts';
import type { Reading } from './session-vault.ts';

/** Waits between looks at answers that do not agree: "All Secrets Manager operations are eventually consistent" (AWS, ListSecrets). */
export const RECONCILE_WAITS_MS = [100, 300, 600];

/** Reads the value and the versions beside each other, again until both name the same current version. */
export async function readSession(store: SecretStore, timing: Timing, session: string): Promise<Reading> {
  const name = sessionSecretName(session);
  for (const waitMs of [0, ...RECONCILE_WAITS_MS]) {
    await timing.wait(waitMs);
    const [value, { versions, nowMs }] = await Promise.all([
      store.readCurrent(name),
      store.listVersions(name),
    ]);
    const listed = versions.find((version) => version.labels.includes(CURRENT));
    if (listed?.versionId !== value.versionId) continue;
    const current = { ...listed, labels: [...new Set([...listed.labels, ...value.labels])] };
    return {
      session,
      generation: current.versionId,
      stored: parseStoredSession(value.text),
      state: sessionState(current, versions, nowMs),
      createdAtMs: current.createdAtMs,
      refreshTokenAgeMs: Math.max(0, nowMs - current.createdAtMs),
      keptVersions: keptVersionCount(versions, nowMs),
      recentVersionIds: recentVersionIds(versions, nowMs),
      labelHolders: labelHolders(versions),
    };
  }
  throw new Failure(
    'session_busy',
    'the secret is being changed, and Secrets Manager does not agree with itself yet',
  );
}

function labelHolders(versions: readonly SecretVersion[]): ReadonlyMap<string, string> {
  return new Map(
    versions.flatMap((version) => version.labels.map((label) => [label, version.versionId] as const)),
  );
}
