import type { RenewedToken } from '../blink/blink.ts';
import type { Deadline, Timing } from '../time.ts';
import { claimSession, endClaim } from './claim-session.ts';
import { type Client, type FoundIds, LOGGED_OUT, saveId } from './journal.ts';
import type { ClaimEnd } from './next.ts';
import { hasNewerToken } from './promote-save.ts';
import { readSession } from './read-session.ts';
import type { Claim, Reading, SavedSession } from './reading.ts';
import { saveToken } from './save-token.ts';
import type { SecretStore } from './secret-store.ts';
import { disagreement } from './secrets-failure.ts';
import { untilDeadline } from './until-deadline.ts';

export type SessionVault = ReturnType<typeof sessionVault>;

/**
 * Keeps sessions in their secrets, so that no refresh token is spent twice or lost. Each change of the journal is computed
 * from the journal that was read, and written under an id that can be written once. Failures are thrown as `Failure`.
 * @param onSaveRetry is called for each try of a save beyond the first
 */
export function sessionVault(store: SecretStore, timing: Timing, onSaveRetry: (cause: unknown) => void) {
  const ports = { store, timing };
  return {
    read: (session: string): Promise<Reading> => readSession(ports, session),
    /**
     * Throws what `requireClaimable` throws, and `session_busy` if another run was first.
     * @param client the client to be logged out, if there is one
     */
    claim: (reading: Reading, deadline: Deadline, client?: Client): Promise<Claim> =>
      claimSession(ports, reading, deadline, client),
    /** Tries until the deadline, then throws `save_failed`. Keeps a newer sign-in, and then throws `session_busy`. */
    saveToken: (claim: Claim, token: RenewedToken, deadline: Deadline): Promise<SavedSession> =>
      saveToken(ports, claim, token, deadline, onSaveRetry),
    /** Marks the version with BLINK_LOGGED_OUT. Tries once, and does not fail. Resolves to whether it carries the label. */
    async markLoggedOut({ claim, versionId }: SavedSession, deadline: Deadline): Promise<boolean> {
      const mark = () => moveMark(store, claim.reading, versionId);
      return (await untilDeadline(timing, deadline, mark, { maxTries: 1 })).kind === 'done';
    },
    /**
     * Ends a claim and records why. Tries until the deadline, and does not fail.
     * @param found ids that the run has looked up, for this token and those that follow it
     */
    endClaim: (claim: Claim, end: ClaimEnd, deadline: Deadline, found?: FoundIds): Promise<void> =>
      endClaim(ports, claim, end, deadline, found),
    /** Whether the secret holds a newer refresh token than the claimed one. Makes an earlier run's save current. */
    hasNewerToken: (claim: Claim): Promise<boolean> => hasNewerToken(ports, claim),
  };
}

/** A move must name the version that carries the label. */
async function moveMark(store: SecretStore, reading: Reading, to: string): Promise<void> {
  const move = (holder: string | undefined) =>
    store.moveLabel(reading.arn, { label: LOGGED_OUT, to, ...(holder !== undefined && { from: holder }) });
  if ((await move(markedVersion(reading))) === 'moved') return;
  const holder = await store.readVersion(reading.arn, { label: LOGGED_OUT });
  if ((await move(holder?.versionId)) === 'conflict') throw disagreement();
}

/** Where the mark is, if the last run that claimed the session has marked its save. */
function markedVersion({ isMarked, versionId, journal }: Reading): string | undefined {
  const last = journal.journal.tokens.at(-1)?.claims.at(-1);
  return isMarked ? versionId : last && saveId(last.id, 0);
}
