import type { Answer } from '../loopback-server.ts';
import type { SettableClock } from '../settable-clock.ts';
import type { Accounts } from './accounts.ts';
import { json, NOT_FOUND, UNAUTHORIZED } from './answers.ts';
import type { BlinkRequest } from './blink-request.ts';
import type { ClientSession, Tokens } from './tokens.ts';

/** A logout that was performed. */
export interface Logout {
  readonly accountId: number;
  readonly clientId: number;
  readonly path: string;
  readonly atMs: number;
}

/** What an access token is good for. */
export class AccountApi {
  readonly logouts: Logout[] = [];
  readonly #accounts: Accounts;
  readonly #tokens: Tokens;
  readonly #clock: SettableClock;

  constructor(accounts: Accounts, tokens: Tokens, clock: SettableClock) {
    this.#accounts = accounts;
    this.#tokens = tokens;
    this.#clock = clock;
  }

  /** Answered by every tier's host, not by the account's alone. */
  tierInfo(request: BlinkRequest): Answer {
    const session = this.#session(request);
    if (session === undefined) return UNAUTHORIZED;
    const { tier, accountId } = this.#accounts.byId(session.accountId);
    return json(200, { tier, account_id: accountId });
  }

  homescreen(request: BlinkRequest, accountId: string): Answer {
    const session = this.#session(request);
    if (session === undefined) return UNAUTHORIZED;
    if (!this.#isOwn(request, session, accountId)) return NOT_FOUND;
    const { userId } = this.#accounts.byId(session.accountId);
    const headers = { 'client-id': String(session.clientId), 'user-id': String(userId) };
    return json(200, { account: { account_id: session.accountId }, networks: [], cameras: [] }, headers);
  }

  /** `POST /api/v4/account/{AccountID}/client/{ClientID}/logout` */
  logout(request: BlinkRequest, accountId: string, clientId: string): Answer {
    const session = this.#session(request);
    if (session === undefined) return UNAUTHORIZED;
    const isKnown = !this.#accounts.byId(session.accountId).knowsNewerLogoutOnly;
    return isKnown ? this.#logOut(request, session, accountId, clientId) : NOT_FOUND;
  }

  /** `POST /api/v4/clients/{ClientID}/logout`, of app versions 51 and later */
  newerLogout(request: BlinkRequest, clientId: string): Answer {
    const session = this.#session(request);
    if (session === undefined) return UNAUTHORIZED;
    return this.#logOut(request, session, String(session.accountId), clientId);
  }

  #logOut(request: BlinkRequest, session: ClientSession, accountId: string, clientId: string): Answer {
    if (request.headers['content-type'] !== 'application/json') {
      return json(415, { message: 'Unsupported Media Type', code: 415 });
    }
    if (request.body !== '') return json(400, { message: 'Bad Request', code: 400 });
    if (!this.#isOwn(request, session, accountId)) return NOT_FOUND;
    const client = Number(clientId);
    if (!this.#accounts.removeClient(session.accountId, client)) {
      return json(404, { message: 'Client not found', code: 2700, error: null });
    }
    this.#tokens.revoke(session.accountId, client);
    const atMs = this.#clock.nowMs();
    this.logouts.push({ accountId: session.accountId, clientId: client, path: request.path, atMs });
    return json(200, { message: 'logout' });
  }

  #session({ headers }: BlinkRequest): ClientSession | undefined {
    const [, accessToken] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? [];
    return accessToken === undefined ? undefined : this.#tokens.session(accessToken);
  }

  /** The account's own tier, and the account of the token. */
  #isOwn({ host }: BlinkRequest, session: ClientSession, accountId: string): boolean {
    const { tier } = this.#accounts.byId(session.accountId);
    return host === `rest-${tier}.immedia-semi.com` && accountId === String(session.accountId);
  }
}
