import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccountSeed } from '../../../local/blink/accounts.ts';
import { type BlinkStandIn, startBlink } from '../../../local/blink/start-blink.ts';
import { send, sendForm } from './send.ts';

const ACCOUNT = { email: 'a@example.com', password: 'pw', tier: 'e008', accountId: 123456, userId: 456789 };
const CLIENT_ID = 1234567;
const TOKEN = 'POST api.oauth.blink.com/oauth/token';

let blink: BlinkStandIn;
let first: string;

beforeEach(() => start());
afterEach(() => blink.close());

async function start(seed: Partial<AccountSeed> = {}) {
  const clients = [{ id: 99, name: 'iPad', lastLoginMs: Date.UTC(2026, 0, 2) }];
  blink = await startBlink({ accounts: [{ ...ACCOUNT, clients, ...seed }] });
  first = blink.seedSession({ accountId: 123456, clientId: CLIENT_ID });
}

const refresh = (refreshToken: string, more: Record<string, string> = {}) =>
  sendForm(blink, TOKEN, {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: 'ios',
    scope: 'client',
    ...more,
  });
const tokensOf = async (refreshToken: string): Promise<{ access_token: string; refresh_token: string }> =>
  JSON.parse((await refresh(refreshToken)).body);
const bearer = async () => {
  const { access_token } = await tokensOf(blink.tokens.newest(CLIENT_ID) ?? '');
  return { authorization: `Bearer ${access_token}` };
};
const asJson = { 'content-type': 'application/json' };

describe('refreshing', () => {
  it('gives an access token and a new refresh token', async () => {
    const answer = await refresh(first);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({
      access_token: expect.stringMatching(/^eyJ/),
      refresh_token: blink.tokens.newest(CLIENT_ID),
      expires_in: 14400,
      scope: 'client',
      token_type: 'Bearer',
    });
    expect(blink.tokens.newest(CLIENT_ID)).not.toBe(first);
  });

  it('refuses a spent token, and counts it', async () => {
    const { refresh_token } = await tokensOf(first);
    const again = await refresh(first);
    expect([again.status, JSON.parse(again.body).error]).toEqual([400, 'invalid_grant']);
    expect(blink.tokens.spends(first)).toBe(2);
    expect(blink.tokens.doubleSpends).toBe(1);
    expect((await refresh(refresh_token)).status).toBe(200);
    expect(blink.tokens.refreshes).toBe(2);
  });

  it.each<[fields: Record<string, string>, status: number, says?: string]>([
    [{ client_id: 'android' }, 200],
    [{ client_id: 'amazon' }, 200],
    [{ hardware_id: 'blinkpy' }, 200],
    [{ hardware_id: 'Blinkpy' }, 406, 'Not Acceptable'],
    [{ hardware_id: 'Home Assistant' }, 406, 'Not Acceptable'],
    [{ client_id: '1234567' }, 401, 'invalid_client'],
    [{ refresh_token: 'unknown' }, 400, 'invalid_grant'],
    [{ scope: 'all' }, 400, 'invalid_request'],
    [{ password: 'x' }, 400, 'invalid_request'],
    [{ grant_type: 'password' }, 400, 'invalid_request'],
  ])('answers %o with %i, and spends the token only with 200', async (fields, status, says = '') => {
    const body = expect.stringContaining(says);
    expect(await refresh(first, fields)).toMatchObject({ status, body });
    expect(blink.tokens.spends(first)).toBe(status === 200 ? 1 : 0);
  });

  it('takes a form and nothing else', async () => {
    const answer = await send(blink, TOKEN, asJson, '{}');
    expect(answer.status).toBe(400);
  });
});

const REST = 'rest-e008.immedia-semi.com/api';
const TIER_INFO = 'GET rest-prod.immedia-semi.com/api/v1/users/tier_info';
const HOMESCREEN = `GET ${REST}/v3/accounts/123456/homescreen`;
const LOGOUT = `POST ${REST}/v4/account/123456/client/${CLIENT_ID}/logout`;
const NEWER_LOGOUT = `POST ${REST}/v4/clients/${CLIENT_ID}/logout`;
const LIST = `GET ${REST}/v1/clients/${CLIENT_ID}/control_panel/clients`;
const OLDER_LIST = LIST.replace('/clients/', '/accounts/123456/clients/');
const ofAnotherClient = (line: string) => line.replace(String(CLIENT_ID), '99');
const DONE = { message: 'logout' };
const CLIENTS = {
  clients: [
    { id: 99, name: 'iPad', last_login: '2026-01-02T00:00:00.000Z' },
    { id: CLIENT_ID, last_login: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) },
  ],
};

describe('with an access token', () => {
  it.each<[string, string, number, object]>([
    ['tier and account', TIER_INFO, 200, { tier: 'e008', account_id: 123456 }],
    ['the homescreen', HOMESCREEN, 200, { cameras: [] }],
    ['a logout', LOGOUT, 200, DONE],
    ['a logout by the newer path', NEWER_LOGOUT, 200, DONE],
    ['a logout of another client', ofAnotherClient(LOGOUT), 200, DONE],
    ['the clients', LIST, 200, CLIENTS],
    ['the clients by the older path', OLDER_LIST, 200, CLIENTS],
    ['the clients of another client', ofAnotherClient(LIST), 404, { code: 2700 }],
    ['a logout of an unknown client', LOGOUT.replace(String(CLIENT_ID), '1'), 404, { code: 2700 }],
  ])('%s: %s answers %i', async (_what, line, status, body) => {
    const headers = { ...(await bearer()), ...(line.startsWith('POST') && asJson) };
    const answer = await send(blink, line, headers);
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([status, body]);
    if (line === HOMESCREEN) expect(answer.headers).toMatchObject({ 'client-id': '1234567' });
    expect(blink.logouts).toHaveLength(body === DONE ? 1 : 0);
  });

  it.each([HOMESCREEN, LOGOUT, NEWER_LOGOUT, LIST, OLDER_LIST])(
    '%s is for its own tier and account',
    async (line) => {
      const headers = { ...(await bearer()), ...asJson };
      const status = async (...sent: [string, Record<string, string>, string?]) =>
        (await send(blink, ...sent)).status;
      expect(await status(line.replace('e008', 'prod'), headers)).toBe(404);
      expect(await status(line.replace('immedia-semi.com', 'example.com'), headers)).toBe(404);
      if (line.includes('123456/'))
        expect(await status(line.replace('123456/', '222222/'), headers)).toBe(404);
      expect(await status(line, { ...headers, authorization: '' })).toBe(401);
      expect(await status(line, { ...headers, authorization: 'Bearer x' })).toBe(401);
      blink.clock.advanceMs(14_400_000);
      expect(await status(line, headers)).toBe(401);
      expect(blink.logouts).toEqual([]);
    },
  );

  it('a logout with a body, or with another content type, is refused', async () => {
    const headers = await bearer();
    expect((await send(blink, LOGOUT, { ...headers, ...asJson }, '{}')).status).toBe(400);
    expect((await send(blink, LOGOUT, { ...headers, 'content-type': 'text/plain' })).status).toBe(415);
  });

  it.each([
    [{}, 400, 404, [99]],
    [{ keepsRefreshTokenAtLogout: true }, 200, 200, [99, CLIENT_ID]],
  ])('after a logout by an account with %o, a refresh answers %i', async (seed, refreshed, again, left) => {
    await blink.close();
    await start(seed);
    const headers = { ...(await bearer()), ...asJson };
    await send(blink, LOGOUT, headers);
    expect(blink.logouts).toMatchObject([{ accountId: 123456, clientId: CLIENT_ID }]);
    expect((await refresh(blink.tokens.newest(CLIENT_ID) ?? '')).status).toBe(refreshed);
    expect((await send(blink, TIER_INFO, headers)).status).toBe(200);
    expect((await send(blink, LOGOUT, headers)).status).toBe(again);
    expect(blink.accounts.clientsOf(123456).map(({ id }) => id)).toEqual(left);
  });
});
