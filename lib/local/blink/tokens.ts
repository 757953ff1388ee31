import { randomBytes } from 'node:crypto';
import type { SettableClock } from '../settable-clock.ts';

/** A signed-in client: what a family of tokens was issued for. */
export interface ClientSession {
  readonly accountId: number;
  readonly clientId: number;
  /** The OAuth client that its tokens were issued to: android, ios or amazon. */
  readonly oauthClient: string;
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

/** All tokens. A refresh token is good for one refresh; an access token outlives the logout of its client. */
export class Tokens {
  readonly #clock: SettableClock;
  readonly #revokesFamilyOnReuse: boolean;
  readonly #families: Family[] = [];
  readonly #refreshTokens = new Map<string, { readonly family: Family; spends: number }>();
  readonly #accessTokens = new Map<
    string,
    { readonly session: ClientSession; readonly expiresAtMs: number }
  >();
  #refreshes = 0;
  #doubleSpends = 0;

  constructor(clock: SettableClock, revokesFamilyOnReuse: boolean) {
    this.#clock = clock;
    this.#revokesFamilyOnReuse = revokesFamilyOnReuse;
  }

  /** Tokens of a new sign-in; those of the client's former ones go on as they were. */
  open(session: ClientSession): IssuedTokens {
    const family: Family = { session, newest: '', isRevoked: false };
    this.#families.push(family);
    return this.#issue(family);
  }

  /** Spends a refresh token. A wrong OAuth client does not spend it. */
  refresh(refreshToken: string, oauthClient: string): IssuedTokens | 'invalid_grant' | 'invalid_client' {
    const token = this.#refreshTokens.get(refreshToken);
    if (token === undefined) return 'invalid_grant';
    if (token.family.session.oauthClient !== oauthClient) return 'invalid_client';
    token.spends += 1;
    if (token.spends > 1) {
      this.#doubleSpends += 1;
      if (this.#revokesFamilyOnReuse) token.family.isRevoked = true;
      return 'invalid_grant';
    }
    if (token.family.isRevoked) return 'invalid_grant';
    this.#refreshes += 1;
    return this.#issue(token.family);
  }

  /** Whom an access token speaks for, while it lives. */
  session(accessToken: string): ClientSession | undefined {
    const token = this.#accessTokens.get(accessToken);
    return token !== undefined && token.expiresAtMs > this.#clock.nowMs() ? token.session : undefined;
  }

  /** What a logout does: the client's refresh tokens are dead. */
  revoke(accountId: number, clientId: number): void {
    for (const family of this.#families) {
      const { session } = family;
      if (session.accountId === accountId && session.clientId === clientId) family.isRevoked = true;
    }
  }

  /** The newest refresh token that was issued to a client, whether its answer arrived or not. */
  newest(clientId: number): string | undefined {
    return this.#families.findLast(({ session }) => session.clientId === clientId)?.newest;
  }

  /** How often a refresh token was presented by its OAuth client. */
  spends(refreshToken: string): number {
    return this.#refreshTokens.get(refreshToken)?.spends ?? 0;
  }

  /** Refreshes that were granted. */
  get refreshes(): number {
    return this.#refreshes;
  }

  /** Refresh tokens that were presented again after they had been presented once. */
  get doubleSpends(): number {
    return this.#doubleSpends;
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

/** It looks like Blink's, and says nothing. */
function token(): string {
  return `eyJ${randomBytes(24).toString('base64url')}`;
}
