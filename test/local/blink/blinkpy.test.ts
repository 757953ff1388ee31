import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BlinkStandIn, startBlink } from '../../../local/blink/start-blink.ts';
import { type Received, send, sendForm } from './send.ts';

/** The requests of blinkpy 0.25.7: `Blink.start()` and the refresh of a running session (its auth.py and api.py). */
const TOKEN = 'POST api.oauth.blink.com/oauth/token';
const REST = 'rest-e008.immedia-semi.com';
const HARDWARE_ID = '6F9619FF-8B86-D011-B42D-00C04FC964FF';

let blink: BlinkStandIn;
let refreshToken: string;

beforeEach(async () => {
  blink = await startBlink({
    accounts: [{ email: 'a@example.com', password: 'pw', tier: 'e008', accountId: 1, userId: 2 }],
  });
  refreshToken = blink.seedSession({ accountId: 1, clientId: 3 });
});
afterEach(() => blink.close());

function body({ status, body }: Received) {
  expect(status).toBe(200);
  return JSON.parse(body);
}

function startupRefresh() {
  return sendForm(
    blink,
    TOKEN,
    {
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      client_id: 'ios',
      scope: 'client',
      hardware_id: HARDWARE_ID,
    },
    { 'user-agent': 'Blink/2511191620 CFNetwork/3860.200.71 Darwin/25.1.0', accept: '*/*' },
  );
}

function refreshInSession(deviceId: string) {
  return sendForm(
    blink,
    TOKEN,
    {
      username: 'a@example.com',
      client_id: 'android',
      scope: 'client',
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
    },
    { 'user-agent': '27.0ANDROID_28373244', hardware_id: deviceId },
  );
}

test('Blink.start() gets what it needs', async () => {
  const tokens = body(await startupRefresh());
  expect(tokens).toMatchObject({ refresh_token: blink.tokens.newest(3), expires_in: 14_400 });
  const headers = { authorization: `Bearer ${tokens.access_token}`, 'content-type': 'application/json' };
  const get = (path: string, host = REST) => send(blink, `GET ${host}${path}`, headers);

  const tier = await get('/api/v1/users/tier_info', 'rest-prod.immedia-semi.com');
  expect(body(tier)).toEqual({ tier: 'e008', account_id: 1 });
  const homescreen = await get('/api/v3/accounts/1/homescreen');
  expect(body(homescreen)).toBeTypeOf('object');
  expect(homescreen.headers).toMatchObject({ 'client-id': '3', 'user-id': '2' });
  expect(body(await get('/networks')).summary).toEqual({});
  expect(body(await get('/api/v1/camera/usage')).networks).toEqual([]);
});

test('the refresh in session sends another OAuth client, a user name, and the hardware id as a header', async () => {
  expect(body(await refreshInSession(HARDWARE_ID)).refresh_token).toBe(blink.tokens.newest(3));
});

test('the refresh in session is blocked with the device id that blinkpy has by default', async () => {
  expect((await refreshInSession('Blinkpy')).status).toBe(406);
  expect(blink.tokens.spends(refreshToken)).toBe(0);
});
