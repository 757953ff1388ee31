import type { Answer } from '../loopback-server.ts';
import type { PathParameters } from '../route.ts';
import type { SettableClock } from '../settable-clock.ts';
import type { AccountSeed, Accounts } from './accounts.ts';
import { json, NOT_FOUND, UNAUTHORIZED } from './answers.ts';
import type { ReceivedRequest } from './received-request.ts';
import type { Tokens } from './tokens.ts';

/** A logout that was carried out. */
export interface Logout {
  readonly accountId: number;
  readonly clientId: number;
  readonly path: string;
  readonly atMs: number;
}

/** The client that an access token was issued to. */
interface TokenOwner {
  readonly clientId: number;
  readonly account: AccountSeed;
}

const CLIENT_NOT_FOUND = json(404, { message: 'Client not found', code: 2700, error: null });
/** Code and message are in the app's texts; no public source has the status. */
const NOT_ANOTHER_CLIENT = json(403, { message: 'Invalid client', code: 2338 });
/** The app asks for a PIN before it deletes a client. No public source has the answer without one. */
const PIN_WANTED = json(403, { message: 'PIN verification required' });

/** The calls that need an access token. No account has a camera. */
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

  /** Every tier's host answers this call. */
  tierInfo(request: ReceivedRequest): Answer {
    const caller = this.#caller(request);
    if (caller === undefined) return UNAUTHORIZED;
    const { tier, accountId } = caller.account;
    return json(200, { tier, account_id: accountId });
  }

  homescreen(request: ReceivedRequest, ids: PathParameters): Answer {
    return this.#own(request, ids, ({ clientId, account: { accountId, userId } }) => {
      const body = { account: { account_id: accountId }, networks: [], sync_modules: [], cameras: [] };
      return json(200, body, { 'client-id': String(clientId), 'user-id': String(userId) });
    });
  }

  networks(request: ReceivedRequest, ids: PathParameters): Answer {
    return this.#own(request, ids, () => json(200, { summary: {}, networks: [] }));
  }

  cameraUsage(request: ReceivedRequest, ids: PathParameters): Answer {
    return this.#own(request, ids, () => json(200, { networks: [] }));
  }

  /** The account's clients. `ids.client` is the client that asks. */
  clients(request: ReceivedRequest, ids: PathParameters): Answer {
    return this.#own(request, ids, ({ clientId, account }) => {
      const { accountId, clientList = 'open' } = account;
      if (clientList === 'absent') return NOT_FOUND;
      if (ids['client'] !== String(clientId)) return CLIENT_NOT_FOUND;
      if (clientList === 'behind PIN') return PIN_WANTED;
      const clients = this.#accounts.clientsOf(accountId).map(({ id, name, lastLoginMs }) => ({
        id,
        ...(name !== undefined && { name }),
        ...(lastLoginMs !== undefined && { last_login: new Date(lastLoginMs).toISOString() }),
      }));
      return json(200, { clients });
    });
  }

  /** `POST /api/v4/account/{AccountID}/client/{ClientID}/logout` */
  logout(request: ReceivedRequest, ids: PathParameters): Answer {
    return this.#own(request, ids, (caller) =>
      caller.account.knowsNewerLogoutOnly ? NOT_FOUND : this.#logOut(request, caller, ids),
    );
  }

  /** `POST /api/v4/clients/{ClientID}/logout`, which app versions 51 and later call */
  newerLogout(request: ReceivedRequest, ids: PathParameters): Answer {
    return this.#own(request, ids, (caller) => this.#logOut(request, caller, ids));
  }

  #logOut(
    { headers, body, path }: ReceivedRequest,
    { clientId, account }: TokenOwner,
    ids: PathParameters,
  ): Answer {
    if (headers['content-type'] !== 'application/json') {
      return json(415, { message: 'Unsupported Media Type', code: 415 });
    }
    if (body !== '') return json(400, { message: 'Bad Request', code: 400 });
    const { accountId, logsOutOtherClients = true, keepsRefreshTokenAtLogout = false } = account;
    const client = Number(ids['client']);
    if (client !== clientId && !logsOutOtherClients) return NOT_ANOTHER_CLIENT;
    if (!this.#accounts.clientsOf(accountId).some(({ id }) => id === client)) return CLIENT_NOT_FOUND;
    if (!keepsRefreshTokenAtLogout) {
      this.#accounts.removeClient(accountId, client);
      this.#tokens.revoke(accountId, client);
    }
    this.logouts.push({ accountId, clientId: client, path, atMs: this.#clock.nowMs() });
    return json(200, { message: 'logout' });
  }

  #caller({ headers }: ReceivedRequest): TokenOwner | undefined {
    const [, accessToken] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? [];
    const session = accessToken === undefined ? undefined : this.#tokens.session(accessToken);
    return session && { clientId: session.clientId, account: this.#accounts.byId(session.accountId) };
  }

  /** Answers a call to the host of the caller's tier; an account in the path must be the caller's. */
  #own(request: ReceivedRequest, ids: PathParameters, answer: (caller: TokenOwner) => Answer): Answer {
    const caller = this.#caller(request);
    if (caller === undefined) return UNAUTHORIZED;
    const { tier, accountId } = caller.account;
    const isOwn =
      request.host === `rest-${tier}.immedia-semi.com` &&
      (ids['account'] ?? `${accountId}`) === `${accountId}`;
    return isOwn ? answer(caller) : NOT_FOUND;
  }
}
