import type { Failure } from '../failure.ts';
import type { Deadline } from '../time.ts';

/** What a refresh spends. */
export interface RefreshRequest {
  readonly refreshToken: string;
  readonly hardwareId?: string;
  /** OAuth client names in the order in which they are tried; never empty. */
  readonly oauthClients: readonly [string, ...string[]];
}

/** The tokens of a refresh. The refresh token is for the next one. */
export interface Grant {
  readonly accessToken: string;
  /** The new token, or the one that was sent if Blink's answer has none. */
  readonly refreshToken: string;
  /** The OAuth client name that Blink accepted. */
  readonly oauthClient: string;
}

/** What of a grant outlasts the run. */
export type RenewedToken = Pick<Grant, 'refreshToken' | 'oauthClient'>;

/**
 * How a refresh ended.
 * - `without_access`: Blink gave a new refresh token, which has to be saved, and no usable access token.
 * - `without_refresh`: Blink gave an access token, and a new refresh token that is unusable.
 * - `refused`: Blink refuses this refresh token (`invalid_grant`, a bare 401, or 412: a second factor is wanted).
 *   `inDoubt` if an earlier try of the same call went unanswered, so that Blink may have spent the token on it.
 * - `failed`: anything else. `token` tells whether Blink may have spent the refresh token: `unspent`, `unanswered` if it
 *   may have, `in_flight` if the request may even arrive later.
 */
export type RefreshResult =
  | { readonly kind: 'granted'; readonly grant: Grant; readonly tries: number }
  | {
      readonly kind: 'without_access';
      readonly token: RenewedToken;
      readonly failure: Failure;
      readonly tries: number;
    }
  | { readonly kind: 'without_refresh'; readonly accessToken: string; readonly tries: number }
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

/** Where an account's API is, as `rest-<tier>.immedia-semi.com`, and the account's id. */
export interface Account {
  readonly tier: string;
  readonly accountId: number;
}

/** Blink's cloud API, as far as a logout needs it. Failures are thrown as `Failure`. */
export interface Blink {
  /** Opens the connections that a refresh and, where the tier is known, a logout will use. Does not wait for them. */
  openConnections(tier: string | undefined): void;
  /** Spends the refresh token. Sent once, and once more only after a try that is over and if `deadline` still holds a try and the save. */
  refresh(request: RefreshRequest, deadline: Deadline): Promise<RefreshResult>;
  findAccount(accessToken: string): Promise<Account>;
  findClientId(accessToken: string, account: Account): Promise<string>;
  /** Resolves with Blink's message. */
  logOut(accessToken: string, account: Account, clientId: string): Promise<{ readonly message: string }>;
}
