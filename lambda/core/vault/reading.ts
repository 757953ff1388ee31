import type { StoredSession } from '../stored-session/stored-session.ts';
import type { EarlierClaim } from './earlier-release.ts';
import type { ClaimRecord, JournalVersion } from './journal.ts';

/** The result of reading a session's secret: its current version and its journal. Times are by the service's clock. */
export interface Reading {
  readonly session: string;
  /** Of the secret. A secret that is made again under the same name has another. */
  readonly arn: string;
  /** The version that carries AWSCURRENT. */
  readonly versionId: string;
  readonly createdAtMs: number;
  /** It carries BLINK_LOGGED_OUT. */
  readonly isMarked: boolean;
  /** With the ids that a run has looked up. */
  readonly stored: StoredSession;
  readonly token: string;
  readonly journal: JournalVersion;
  /** A claim of release 0.2.0. */
  readonly earlier: EarlierClaim | undefined;
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
