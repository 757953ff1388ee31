import type { Answer } from '../loopback-server.ts';
import type { PathParameters } from '../route.ts';
import type { AccountSeed } from './accounts.ts';
import { json, NOT_FOUND, UNAUTHORIZED } from './answers.ts';
import type { BlinkState } from './blink-state.ts';
import type { ReceivedRequest } from './received-request.ts';

/** The client that an access token was issued to. */
interface Caller {
  readonly clientId: number;
  readonly account: AccountSeed;
}

/** Answers a call with an access token. */
type Respond = (caller: Caller, state: BlinkState, request: ReceivedRequest, ids: PathParameters) => Answer;

const CLIENT_NOT_FOUND = json(404, { message: 'Client not found', code: 2700, error: null });

/** Every tier's host answers this call. */
export function tierInfo(state: BlinkState, request: ReceivedRequest): Answer {
  const caller = callerOf(state, request);
  if (caller === undefined) return UNAUTHORIZED;
  const { tier, accountId } = caller.account;
  return json(200, { tier, account_id: accountId });
}

export const homescreen = ownTier(({ clientId, account: { accountId } }) => {
  const body = { account: { account_id: accountId }, networks: [], sync_modules: [], cameras: [] };
  return json(200, body, { 'client-id': String(clientId) });
});

/** The account's clients. The client in the path is the one that asks. */
export const clients = ownTier(({ clientId, account: { accountId } }, { accounts }, _request, ids) => {
  if (ids['client'] !== String(clientId)) return CLIENT_NOT_FOUND;
  const listed = accounts.clientsOf(accountId).map(({ id, name, lastLoginMs }) => ({
    id,
    ...(name !== undefined && { name }),
    ...(lastLoginMs !== undefined && { last_login: new Date(lastLoginMs).toISOString() }),
  }));
  return json(200, { clients: listed });
});

/** By both paths. The access token may be of another client of the account. */
export const logout = ownTier(({ account }, state, { headers, body, path }, ids) => {
  if (headers['content-type'] !== 'application/json') {
    return json(415, { message: 'Unsupported Media Type', code: 415 });
  }
  if (body !== '') return json(400, { message: 'Bad Request', code: 400 });
  const { accountId, keepsRefreshTokenAtLogout = false } = account;
  const clientId = Number(ids['client']);
  if (!state.accounts.clientsOf(accountId).some(({ id }) => id === clientId)) return CLIENT_NOT_FOUND;
  if (!keepsRefreshTokenAtLogout) {
    state.accounts.removeClient(accountId, clientId);
    state.tokens.revoke(accountId, clientId);
  }
  state.logouts.push({ accountId, clientId, path });
  return json(200, { message: 'logout' });
});

function callerOf({ tokens, accounts }: BlinkState, { headers }: ReceivedRequest): Caller | undefined {
  const [, accessToken = ''] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? [];
  const session = tokens.session(accessToken);
  return session && { clientId: session.clientId, account: accounts.byId(session.accountId) };
}

/** Answers a call to the host of the caller's tier; an account in the path must be the caller's. */
function ownTier(respond: Respond) {
  return (state: BlinkState, request: ReceivedRequest, ids: PathParameters): Answer => {
    const caller = callerOf(state, request);
    if (caller === undefined) return UNAUTHORIZED;
    const accountId = String(caller.account.accountId);
    const isOwn =
      request.host === `rest-${caller.account.tier}.immedia-semi.com` &&
      (ids['account'] ?? accountId) === accountId;
    return isOwn ? respond(caller, state, request, ids) : NOT_FOUND;
  };
}
