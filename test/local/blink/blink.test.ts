import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccountSeed } from '../../../local/blink/accounts.ts';
import { type BlinkStandIn, startBlink } from '../../../local/blink/start-blink.ts';
import { send, sendForm } from './send.ts';

const ACCOUNT = { email: 'a@example.com', password: 'pw', tier: 'e008', accountId: 123456, userId: 456789 };
const NEWER = { ...ACCOUNT, email: 'b@example.com', accountId: 222222, knowsNewerLogoutOnly: true };
const CLIENT_ID = 1234567;
const LOGOUT = `POST rest-e008.immedia-semi.com/api/v4/account/123456/client/${CLIENT_ID}/logout`;

let blink: BlinkStandIn;
let first: string;

beforeEach(() => start());
afterEach(() => blink.close());

async function start(seed: Partial<AccountSeed> = {}) {
  const clients = [{ id: 99, name: 'iPad', lastLoginMs: Date.UTC(2026, 0, 2) }];
  blink = await startBlink({ accounts: [{ ...ACCOUNT, clients, ...seed }, NEWER] });
  first = blink.seedSession({ accountId: 123456, clientId: CLIENT_ID });
}

const refresh = (refreshToken: string, more: Record<string, string> = {}) =>
  sendForm(blink, 'POST api.oauth.blink.com/oauth/token', {
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

  it.each([
    [{ client_id: '1234567' }, 401, 'invalid_client'],
    [{ refresh_token: 'unknown' }, 400, 'invalid_grant'],
    [{ scope: 'all' }, 400, 'invalid_request'],
    [{ password: 'x' }, 400, 'invalid_request'],
    [{ grant_type: 'password' }, 400, 'unsupported_grant_type'],
  ])('refuses %o and spends nothing', async (fields, status, error) => {
    const answer = await refresh(first, fields as Record<string, string>);
    expect([answer.status, JSON.parse(answer.body).error]).toEqual([status, error]);
    // As blinkpy does during a session.
    expect((await refresh(first, { hardware_id: 'A-B', username: 'a@example.com' })).status).toBe(200);
  });

  it.each(['android', 'ios', 'amazon'])('accepts the token as OAuth client %s', async (client_id) => {
    expect((await refresh(first, { client_id })).status).toBe(200);
  });

  describe.each(['Blinkpy', 'Home Assistant'])('at the edge, hardware id %s', (id) => {
    const line = 'POST api.oauth.blink.com/oauth/token';
    const form = () => ({
      grant_type: 'refresh_token',
      refresh_token: first,
      client_id: 'ios',
      scope: 'client',
    });

    it.each([
      ['form', () => refresh(first, { hardware_id: id })],
      ['query', () => sendForm(blink, `${line}?hardware_id=${encodeURIComponent(id)}`, form())],
      ['header', () => sendForm(blink, line, form(), { hardware_id: id })],
    ])('is refused in the %s, and spends nothing', async (_where, sent) => {
      const answer = await sent();
      expect([answer.status, answer.body]).toEqual([406, 'Not Acceptable']);
      expect(blink.tokens.spends(first)).toBe(0);
    });

    it('passes in lower case', async () => {
      expect((await refresh(first, { hardware_id: id.toLowerCase() })).status).toBe(200);
    });
  });

  it('takes a form and nothing else', async () => {
    const line = 'POST api.oauth.blink.com/oauth/token';
    const answer = await send(blink, line, { ...asJson, 'user-agent': 'Blink' }, '{}');
    expect(answer.status).toBe(400);
  });
});

describe('looking up', () => {
  it('returns tier and account for the access token', async () => {
    const answer = await send(blink, 'GET rest-prod.immedia-semi.com/api/v1/users/tier_info', await bearer());
    expect(JSON.parse(answer.body)).toEqual({ tier: 'e008', account_id: 123456 });
  });

  it('returns the client id in the headers of the homescreen, on the account’s tier', async () => {
    const headers = await bearer();
    const path = '/api/v3/accounts/123456/homescreen';
    const answer = await send(blink, `GET rest-e008.immedia-semi.com${path}`, headers);
    expect(answer.headers).toMatchObject({ 'client-id': '1234567', 'user-id': '456789' });
    expect((await send(blink, `GET rest-prod.immedia-semi.com${path}`, headers)).status).toBe(404);
  });

  it('refuses a token that is missing, unknown, or four hours old', async () => {
    const line = 'GET rest-prod.immedia-semi.com/api/v1/users/tier_info';
    const headers = await bearer();
    expect((await send(blink, line)).status).toBe(401);
    expect((await send(blink, line, { authorization: 'Bearer x' })).status).toBe(401);
    blink.clock.advanceMs(14_400_000);
    const answer = await send(blink, line, headers);
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      401,
      { message: 'Unauthorized Access', code: 101 },
    ]);
  });
});

describe('logging out', () => {
  it('answers 200 {"message":"logout"}; the refresh token dies and the access token lives on', async () => {
    const headers = await bearer();
    const answer = await send(blink, LOGOUT, { ...headers, ...asJson });
    expect([answer.status, answer.body]).toEqual([200, '{"message":"logout"}']);
    expect(blink.logouts).toMatchObject([{ accountId: 123456, clientId: CLIENT_ID }]);
    expect((await refresh(blink.tokens.newest(CLIENT_ID) ?? '')).status).toBe(400);
    const line = 'GET rest-prod.immedia-semi.com/api/v1/users/tier_info';
    expect((await send(blink, line, headers)).status).toBe(200);
  });

  it('does it on the newer path, too', async () => {
    const line = `POST rest-e008.immedia-semi.com/api/v4/clients/${CLIENT_ID}/logout`;
    const answer = await send(blink, line, { ...(await bearer()), ...asJson });
    expect([answer.status, answer.body]).toEqual([200, '{"message":"logout"}']);
  });

  it('accepts only the newer path for accounts that are set so', async () => {
    const token = blink.seedSession({ accountId: 222222, clientId: 5 });
    const headers = { authorization: `Bearer ${(await tokensOf(token)).access_token}`, ...asJson };
    const host = 'POST rest-e008.immedia-semi.com';
    expect((await send(blink, `${host}/api/v4/account/222222/client/5/logout`, headers)).status).toBe(404);
    expect((await send(blink, `${host}/api/v4/clients/5/logout`, headers)).status).toBe(200);
  });

  it('logs another client of the account out, once', async () => {
    const headers = { ...(await bearer()), ...asJson };
    const line = LOGOUT.replace(String(CLIENT_ID), '99');
    expect((await send(blink, line, headers)).status).toBe(200);
    expect((await send(blink, line, headers)).status).toBe(404);
    expect(blink.accounts.clientsOf(123456).map(({ id }) => id)).toEqual([CLIENT_ID]);
  });

  it('refuses to log another client out for accounts that are so', async () => {
    await blink.close();
    await start({ logsOutOtherClients: false });
    const headers = { ...(await bearer()), ...asJson };
    const answer = await send(blink, LOGOUT.replace(String(CLIENT_ID), '99'), headers);
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([403, 2338]);
    expect((await send(blink, LOGOUT, headers)).status).toBe(200);
  });

  it('keeps the refresh token of a client that is logged out for accounts that are so', async () => {
    await blink.close();
    await start({ keepsRefreshTokenAtLogout: true });
    expect((await send(blink, LOGOUT, { ...(await bearer()), ...asJson })).status).toBe(200);
    expect((await refresh(blink.tokens.newest(CLIENT_ID) ?? '')).status).toBe(200);
  });

  it('refuses other ids, another tier, a body, another content type, and no token', async () => {
    const headers = { ...(await bearer()), ...asJson };
    const status = async (...sent: [string, Record<string, string>, string?]) =>
      (await send(blink, ...sent)).status;
    expect(await status(LOGOUT.replace('123456/', '222222/'), headers)).toBe(404);
    expect(await status(LOGOUT.replace(String(CLIENT_ID), '1'), headers)).toBe(404);
    expect(await status(LOGOUT.replace('e008', 'prod'), headers)).toBe(404);
    expect(await status(LOGOUT, headers, '{}')).toBe(400);
    expect(await status(LOGOUT, { ...headers, 'content-type': 'text/plain' })).toBe(415);
    expect(await status(LOGOUT, asJson)).toBe(401);
    expect(blink.logouts).toEqual([]);
  });

  it('is not found on a host that is none of Blink’s', async () => {
    const headers = { ...(await bearer()), ...asJson };
    expect((await send(blink, LOGOUT.replace('immedia-semi.com', 'example.com'), headers)).status).toBe(404);
  });
});

describe('listing the clients', () => {
  const LIST = `GET rest-e008.immedia-semi.com/api/v1/clients/${CLIENT_ID}/control_panel/clients`;
  const OLDER = LIST.replace('/clients/', '/accounts/123456/clients/');

  it.each([LIST, OLDER])('%s gives id, name and last login', async (line) => {
    const answer = await send(blink, line, await bearer());
    expect(JSON.parse(answer.body)).toEqual({
      clients: [
        { id: 99, name: 'iPad', last_login: '2026-01-02T00:00:00.000Z' },
        { id: CLIENT_ID, last_login: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) },
      ],
    });
  });

  it('leaves out a client that was logged out', async () => {
    const headers = await bearer();
    await send(blink, LOGOUT.replace(String(CLIENT_ID), '99'), { ...headers, ...asJson });
    const { clients } = JSON.parse((await send(blink, LIST, headers)).body);
    expect(clients).toMatchObject([{ id: CLIENT_ID }]);
  });

  it('is for the client itself, on its own tier, with a token', async () => {
    const headers = await bearer();
    const status = async (line: string) => (await send(blink, line, headers)).status;
    expect(await status(LIST.replace(String(CLIENT_ID), '99'))).toBe(404);
    expect(await status(LIST.replace('e008', 'prod'))).toBe(404);
    expect(await status(OLDER.replace('123456', '222222'))).toBe(404);
    expect((await send(blink, LIST)).status).toBe(401);
  });

  it.each([
    ['behind PIN', 403],
    ['absent', 404],
  ] as const)('can be %s', async (clientList, status) => {
    await blink.close();
    await start({ clientList });
    expect((await send(blink, LIST, await bearer())).status).toBe(status);
  });
});
