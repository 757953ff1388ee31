import type { RenewedToken } from '../blink/blink.ts';
import type { StoredSession } from '../stored-session/stored-session.ts';
import type { Deadline } from '../time.ts';
import type { EarlierClaim } from './earlier-release.ts';
import type { ClaimRecord, Client, FoundIds, JournalVersion, TokenDigest } from './journal.ts';
import type { ClaimEnd } from './next.ts';

/** The result of reading a session's secret: its current version and its journal. Times are by the service's clock. */
export interface Reading {
  readonly session: string;
  /** Of the secret. A secret that is made again under the same name has another. */
  readonly arn: string;
  /** The version id that carries AWSCURRENT. */
  readonly currentVersionId: string;
  readonly createdAtMs: number;
  /** It carries BLINK_LOGGED_OUT. */
  readonly isMarked: boolean;
  /** With the ids that a run has looked up. */
  readonly stored: StoredSession;
  readonly token: TokenDigest;
  readonly journal: JournalVersion;
  /** A claim of release 0.2.0. */
  readonly earlier?: EarlierClaim;
  /** The version that was logged out last, if a sign-in has replaced it and no run has claimed since. */
  readonly replacedLogout: string | undefined;
  readonly nowMs: number;
  /** The process's clock at the reading. */
  readonly readAtMs: number;
}

/** The right of one run to spend a refresh token. */
export interface Claim {
  readonly reading: Reading;
  readonly record: ClaimRecord;
  /** The journal with the claim. */
  readonly journal: JournalVersion;
  /** The last run that claimed this token did not report an end. */
  readonly takesOver: boolean;
}

/** A session whose new refresh token is stored and current. */
export interface SavedSession {
  readonly claim: Claim;
  readonly stored: StoredSession;
  readonly versionId: string;
}

/**
 * Keeps sessions in their secrets, so that no refresh token is spent twice or lost. Each change of the journal is computed
 * from the journal that was read, and written under an id that can be written once. Failures are thrown as `Failure`.
 */
export interface SessionVault {
  read(session: string): Promise<Reading>;
  /**
   * Throws what `requireClaimable` throws, and `session_busy` if another run was first.
   * @param client the client to be logged out, if there is one
   */
  claim(reading: Reading, deadline: Deadline, client?: Client): Promise<Claim>;
  /** Tries until the deadline, then throws `save_failed`. Keeps a newer sign-in, and then throws `session_busy`. */
  saveToken(claim: Claim, token: RenewedToken, deadline: Deadline): Promise<SavedSession>;
  /**
   * Marks the version with BLINK_LOGGED_OUT, or else says so in the journal. Tries until the deadline, and does not fail.
   * Resolves to whether the version carries the label.
   */
  markLoggedOut(saved: SavedSession, deadline: Deadline): Promise<boolean>;
  /** Ends a claim and records why. Tries until the deadline, and does not fail. */
  endClaim(claim: Claim, end: ClaimEnd, deadline: Deadline): Promise<void>;
  /** Keeps ids that were looked up for the runs to come. Best effort. */
  remember(claim: Claim, ids: FoundIds, deadline: Deadline): Promise<void>;
  /** Whether the secret holds a newer refresh token than the claimed one. Makes an earlier run's save current. */
  hasNewerToken(claim: Claim): Promise<boolean>;
}
