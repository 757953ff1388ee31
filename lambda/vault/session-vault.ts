import type { RenewedToken } from '../blink/blink.ts';
import type { Deadline } from '../deadline.ts';
import type { StoredSession } from '../stored-session/stored-session.ts';
import type { ClaimEnd } from './journal.ts';
import type { SessionState } from './session-state.ts';

/** A session's secret as a run found it. */
export interface Reading {
  readonly session: string;
  /** The version id that carries AWSCURRENT: what a run spends is this generation's refresh token. */
  readonly generation: string;
  readonly stored: StoredSession;
  readonly state: SessionState;
  /** When this generation was stored, by the service's clock. */
  readonly createdAtMs: number;
  /** How long ago, by the service's clock, this refresh token was stored. */
  readonly refreshTokenAgeMs: number;
  readonly keptVersions: number;
  /** Versions that are as young as a delivery that may be repeated. */
  readonly recentVersionIds: ReadonlySet<string>;
  /** Where our labels are, since a label can be moved only by who knows where it is. */
  readonly labelHolders: ReadonlyMap<string, string>;
}

/** The right to spend a generation's refresh token, held by one run alone. */
export interface Claim {
  readonly reading: Reading;
  readonly attempt: number;
  /** An earlier run died holding a claim on this generation. */
  readonly takesOver: boolean;
}

/** A session whose new refresh token is stored and current. */
export interface SavedSession {
  readonly reading: Reading;
  readonly versionId: string;
}

/**
 * Keeps sessions in their secrets, so that no refresh token is spent twice or lost. The secret's versions are both the
 * lock and the journal. Failures are thrown as `Failure`.
 */
export interface SessionVault {
  read(session: string): Promise<Reading>;
  /** Throws what `requireAvailable` throws, and `session_busy` where another run was quicker. */
  claim(reading: Reading, runId: string): Promise<Claim>;
  /** Tries until the deadline: `save_failed`. Where a sign-in landed meanwhile it wins: `session_busy`. */
  save(claim: Claim, token: RenewedToken, deadline: Deadline): Promise<SavedSession>;
  /** Best effort, like all that follow: whether the version now carries BLINK_LOGGED_OUT. */
  markLoggedOut(saved: SavedSession): Promise<boolean>;
  /** The run is over without a logout; the next may begin at once. */
  release(saved: SavedSession): Promise<void>;
  /** The run is over, and Blink wants to be left alone: so do the next ones. */
  rest(saved: SavedSession): Promise<void>;
  /** The run is over, and has logged out another client of the account. */
  noteLogoutOf(saved: SavedSession, clientId: string): Promise<void>;
  /** Whether a run has noted that within the last minutes. Asks nothing. */
  hasJustLoggedOut(reading: Reading, clientId: string): boolean;
  /** Gives the claim back, and says in the journal what became of the token. */
  giveBack(claim: Claim, end: ClaimEnd): Promise<void>;
  /** Blink refused the token for good. */
  markRefused(claim: Claim): Promise<void>;
  /** Whether the secret holds a newer refresh token than the claimed one. A dead run's saved one is made current. */
  hasMovedOn(claim: Claim): Promise<boolean>;
}
