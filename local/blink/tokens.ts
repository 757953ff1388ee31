import { randomBytes } from 'node:crypto';
import type { Clock } from '../settable-clock.ts';

/** A signed-in client, to which a family of tokens is issued. */
export interface ClientSession {
  readonly accountId: number;
  readonly clientId: number;
}

export interface IssuedTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

interface Family {
  readonly session: ClientSession;
  newest: string;
  isRevoked: boolean;
}

const ACCESS_TOKEN_LIFE_MS = 14_400_000;

/** All tokens. A refresh token is valid for one refresh. An access token stays valid after its client's logout. */
export class Tokens {
  readonly #clock: Clock;
  readonly #families: Family[] = [];
  readonly #refreshTokens = new Map<string, { readonly family: Family; spends: number }>();
  readonly #accessTokens = new Map<
    string,
    { readonly session: ClientSession; readonly expiresAtMs: number }
  >();
  /** The number of refreshes that were granted. */
  refreshes = 0;
  /** The number of times that a used refresh token was presented again. */
  doubleSpends = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Issues the tokens of a new sign-in. Those of the client's earlier sign-ins stay valid. */
  open(session: ClientSession): IssuedTokens {
    const family: Family = { session, newest: '', isRevoked: false };
    this.#families.push(family);
    return this.#issue(family);
  }

  /** Spends a refresh token. Returns nothing for one that is unknown, spent or revoked. */
  refresh(refreshToken: string): IssuedTokens | undefined {
    const token = this.#refreshTokens.get(refreshToken);
    if (token === undefined) return undefined;
    token.spends += 1;
    if (token.spends > 1) this.doubleSpends += 1;
    if (token.spends > 1 || token.family.isRevoked) return undefined;
    this.refreshes += 1;
    return this.#issue(token.family);
  }

  /** The client of an access token that is still valid. */
  session(accessToken: string): ClientSession | undefined {
    const token = this.#accessTokens.get(accessToken);
    return token !== undefined && token.expiresAtMs > this.#clock.nowMs() ? token.session : undefined;
  }

  /** Revokes the client's refresh tokens, as a logout does. */
  revoke(accountId: number, clientId: number): void {
    for (const family of this.#families) {
      const { session } = family;
      if (session.accountId === accountId && session.clientId === clientId) family.isRevoked = true;
    }
  }

  /** The newest refresh token that was issued to a client, even if the answer was lost. */
  newest(clientId: number): string | undefined {
    return this.#families.findLast(({ session }) => session.clientId === clientId)?.newest;
  }

  /** How often a refresh token was presented. */
  spends(refreshToken: string): number {
    return this.#refreshTokens.get(refreshToken)?.spends ?? 0;
  }

  #issue(family: Family): IssuedTokens {
    const issued = { accessToken: token(), refreshToken: token() };
    family.newest = issued.refreshToken;
    this.#refreshTokens.set(issued.refreshToken, { family, spends: 0 });
    this.#accessTokens.set(issued.accessToken, {
      session: family.session,
      expiresAtMs: this.#clock.nowMs() + ACCESS_TOKEN_LIFE_MS,
    });
    return issued;
  }
}

/** Looks like Blink's tokens, which are JWTs. */
function token(): string {
  return `eyJ${randomBytes(24).toString('base64url')}`;
}
