import type { RenewedToken } from '../blink/blink.ts';
import type { StoredSession } from '../stored-session/stored-session.ts';
import type { Deadline } from '../time.ts';
import type { EndKind, TokenDigest } from './journal.ts';
import type { SessionState } from './session-state.ts';

/** The result of reading a session's secret. */
export interface Reading {
  readonly session: string;
  /** The version id that carries AWSCURRENT. */
  readonly currentVersionId: string;
  readonly stored: StoredSession;
  readonly token: TokenDigest;
  readonly state: SessionState;
  /** The time since this refresh token was stored, by the service's clock. */
  readonly refreshTokenAgeMs: number;
  readonly keptVersions: number;
  /** The ids of all versions. */
  readonly versionIds: ReadonlySet<string>;
  /** The version that carries BLINK_LOGGED_OUT. A move of the label must name it. */
  readonly markedVersionId: string | undefined;
}

/** The right of one run to spend a refresh token. */
export interface Claim {
  readonly reading: Reading;
  readonly attempt: number;
  /** The last run that claimed this token did not report an end. */
  readonly takesOver: boolean;
}

/** A session whose new refresh token is stored and current. */
export interface SavedSession {
  readonly reading: Reading;
  readonly versionId: string;
  readonly token: TokenDigest;
  readonly attempt: number;
}

/** How a run ends its claim. */
export interface ClaimEnd {
  readonly kind: EndKind;
  /** Blink may have replaced the token, but this run did not receive the new one. */
  readonly inDoubt: boolean;
  /** For `cool_down`. */
  readonly seconds?: number;
}

/** A client of the account: the session's own, or another by its numeric id. */
export type Client = 'own' | (string & {});

/** The entry that a run adds to the journal when it releases a saved session. */
export type Note =
  /** It logged out another client of the account, or Blink rejected the logout of this client. */
  | { readonly kind: 'logged_out' | 'rejected'; readonly client: Client }
  /** Blink is not asked for anything for this time. */
  | { readonly kind: 'cool_down'; readonly seconds: number };

/**
 * Keeps sessions in their secrets, so that no refresh token is spent twice or lost. The secret's versions are both the
 * lock and the journal. Failures are thrown as `Failure`.
 */
export interface SessionVault {
  read(session: string): Promise<Reading>;
  /** Throws what `requireAvailable` throws, and `session_busy` if another run was first. */
  claim(reading: Reading): Promise<Claim>;
  /** Tries until the deadline, then throws `save_failed`. Keeps a newer sign-in, and then throws `session_busy`. */
  saveToken(claim: Claim, token: RenewedToken, deadline: Deadline): Promise<SavedSession>;
  /** Best effort. Resolves to whether the version carries BLINK_LOGGED_OUT. */
  markLoggedOut(saved: SavedSession): Promise<boolean>;
  /** Releases the session, and records the note. Tries until the deadline, and does not fail. */
  release(saved: SavedSession, deadline: Deadline, note?: Note): Promise<void>;
  /** Ends a claim whose token was not replaced. Tries until the deadline, and does not fail. */
  endClaim(claim: Claim, end: ClaimEnd, deadline: Deadline): Promise<void>;
  /** Whether the secret holds a newer refresh token than the claimed one. Makes an earlier run's save current. */
  hasNewerToken(claim: Claim): Promise<boolean>;
}
