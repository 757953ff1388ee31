import type { RenewedToken } from '../blink/blink.ts';
import type { StoredSession } from '../stored-session/stored-session.ts';
import type { Deadline } from '../time.ts';
import type { EndKind, TokenDigest } from './journal.ts';
import type { SessionState } from './session-state.ts';

/** A session's secret as a run found it. */
export interface Reading {
  readonly session: string;
  /** The version id that carries AWSCURRENT. */
  readonly generation: string;
  readonly stored: StoredSession;
  readonly token: TokenDigest;
  readonly state: SessionState;
  /** How long ago, by the service's clock, this refresh token was stored. */
  readonly refreshTokenAgeMs: number;
  readonly keptVersions: number;
  /** Every version that there was. */
  readonly versionIds: ReadonlySet<string>;
  /** The version that carries BLINK_LOGGED_OUT: a label can be moved only from where it is. */
  readonly markedVersionId: string | undefined;
}

/** Who claims a session. */
export interface Claimant {
  readonly runId: string;
  /** So many of the day's versions are left to others. */
  readonly sparesVersions: number;
}

/** The right to spend a refresh token, held by one run alone. */
export interface Claim {
  readonly reading: Reading;
  readonly attempt: number;
  /** An earlier run died holding a claim on this token. */
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
  /** Blink may have replaced the token without this run having received the new one. */
  readonly inDoubt: boolean;
  /** For `cool_down`. */
  readonly seconds?: number;
}

/** The session's own client, in a note; any other is named by its numeric id. */
export const OWN_CLIENT = '0';

/** What a run adds to the journal when it leaves a session that it has saved. */
export type Note =
  /** It logged out another client of the account, or Blink rejected the logout of this client. */
  | { readonly kind: 'logged_out' | 'rejected'; readonly clientId: string }
  /** Blink is not to be asked for so many seconds, whatever the request. */
  | { readonly kind: 'cool_down'; readonly seconds: number };

/**
 * Keeps sessions in their secrets, so that no refresh token is spent twice or lost. The secret's versions are both the
 * lock and the journal. Failures are thrown as `Failure`.
 */
export interface SessionVault {
  read(session: string): Promise<Reading>;
  /** Throws what `requireAvailable` throws, and `session_busy` if another run was first. */
  claim(reading: Reading, claimant: Claimant): Promise<Claim>;
  /** Tries until the deadline: `save_failed`. A newer sign-in is kept, and the save fails with `session_busy`. */
  save(claim: Claim, token: RenewedToken, deadline: Deadline): Promise<SavedSession>;
  /** Best effort: whether the version now carries BLINK_LOGGED_OUT. */
  markLoggedOut(saved: SavedSession): Promise<boolean>;
  /** Lets the next run begin, as far as the note allows it. Tries until the deadline, and does not fail. */
  leave(saved: SavedSession, deadline: Deadline, note?: Note): Promise<void>;
  /** Ends a claim whose token was not replaced. Tries until the deadline, and does not fail. */
  end(claim: Claim, end: ClaimEnd, deadline: Deadline): Promise<void>;
  /** Whether the secret holds a newer refresh token than the claimed one. A version that a dead run saved is made current. */
  hasNewerToken(claim: Claim): Promise<boolean>;
}
