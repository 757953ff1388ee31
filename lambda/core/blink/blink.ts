import type { Failure } from '../failure.ts';
import type { StoredSession } from '../stored-session/stored-session.ts';
import type { Deadline } from '../time.ts';

/** The part of a session that a refresh needs. */
export type RefreshRequest = Pick<StoredSession, 'refreshToken' | 'hardwareId' | 'oauthClients'>;

/** The tokens that a refresh returns. The refresh token is for the next refresh. */
export interface Grant {
  readonly accessToken: string;
  /** The new token, or the sent one if Blink's answer has none. */
  readonly refreshToken: string;
  /** The OAuth client name that Blink accepted. */
  readonly oauthClient: string;
}

/** The part of a grant that is saved. */
export type RenewedToken = Pick<Grant, 'refreshToken' | 'oauthClient'>;

/**
 * The result of a refresh.
 * - `refused`: Blink refuses this refresh token (`invalid_grant`, a bare 401, or 412: a second factor is required).
 *   `inDoubt` if an earlier try of the same call got no answer, so that Blink may have replaced the token then.
 * - `failed`: anything else. `token` states whether Blink may have replaced the refresh token: `unspent` if it has not,
 *   `unanswered` if it may have, which includes a success that is not usable, `in_flight` if the request may still arrive.
 */
export type RefreshResult =
  | { readonly kind: 'granted'; readonly grant: Grant; readonly tries: number }
  | {
      readonly kind: 'refused';
      readonly secondFactor: boolean;
      readonly inDoubt: boolean;
      readonly blinkStatus: number;
      readonly tries: number;
    }
  | {
      readonly kind: 'failed';
      readonly failure: Failure;
      readonly token: 'unspent' | 'unanswered' | 'in_flight';
      readonly tries: number;
    };

/** An account's id, and the tier of its API's host `rest-<tier>.immedia-semi.com`. */
export interface Account {
  readonly tier: string;
  readonly accountId: number;
}

/** The part of Blink's cloud API that a logout needs. Failures are thrown as `Failure`. */
export interface Blink {
  /** Opens the connections that a refresh and, if the tier is known, a logout will use. Does not wait for them. */
  openConnections(tier: string | undefined): void;
  /** Spends the refresh token. Repeats a try once if it has definitely ended and `deadline` leaves time for another and the save. */
  refresh(request: RefreshRequest, deadline: Deadline): Promise<RefreshResult>;
  findAccount(accessToken: string): Promise<Account>;
  findClientId(accessToken: string, account: Account): Promise<string>;
  /** Whether the account has the client, asked by another one or by itself. `undefined` if Blink does not say. */
  hasClient(
    accessToken: string,
    account: Account,
    asking: string,
    clientId: string,
  ): Promise<boolean | undefined>;
  /** Resolves with Blink's message. */
  logOut(accessToken: string, account: Account, clientId: string): Promise<{ readonly message: string }>;
}
