import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { ExchangeError } from '../../../../lambda/core/blink/http-exchange.ts';
import { isInFlight } from '../../../../lambda/core/blink/retry.ts';
import { blinkAt, callAt, NOBODY, USER_AGENT } from './blink-under-test.ts';
import { type Answer, answer, cutOff, HTML, reset, silence, stalled } from './scripted-server.ts';

const REQUEST = { refreshToken: 'canary-refresh+/=', oauthClients: ['ios', 'android', 'amazon'] } as const;
const PLENTY = { remainingMs: () => 60_000 };
const GRANT = { expires_in: 14400, scope: 'client', token_type: 'Bearer', refresh_token: 'NEW' };
const granted = answer(200, { ...GRANT, access_token: 'a' });
const grant = (fields: object) => answer(200, { refresh_token: 'NEW', ...fields });
const oauthError = (error: string, status = 400) =>
  answer(status, { error, error_description: 'canary-refresh description' });

const notIos = oauthError('invalid_client', 401);
const notAndroid = oauthError('unauthorized_client');

const renewed = { kind: 'granted', grant: { accessToken: 'a', refreshToken: 'NEW', oauthClient: 'ios' } };
const asAmazon = { kind: 'granted', grant: { oauthClient: 'amazon' }, tries: 3 };
const kept = { kind: 'granted', grant: { accessToken: 'a', refreshToken: REQUEST.refreshToken } };
/** Blink may have replaced the token: the answer did not arrive, or is not usable. */
const unanswered = (code: string, details: object = {}) => ({
  kind: 'failed',
  token: 'unanswered',
  failure: { code, details },
});
const unusable = { ...unanswered('blink_rejected', { blinkStatus: expect.any(Number) }), tries: 1 };
const rejected = (blinkStatus: number) => ({
  kind: 'failed',
  token: 'unspent',
  failure: { code: 'blink_rejected', retryable: false, details: { blinkStatus } },
});
const refused = (blinkStatus: number, secondFactor = false) => ({
  kind: 'refused',
  secondFactor,
  inDoubt: false,
  blinkStatus,
});
const refusedInDoubt = { ...refused(400), inDoubt: true, tries: 2 };
const inFlight = { kind: 'failed', token: 'in_flight', failure: { code: 'blink_timeout' } };

const ONCE = ['ios'];
const TWICE = ['ios', 'ios'];
const EACH = ['ios', 'android', 'amazon'];

/** The answers, the result, and the OAuth client of each request. */
test.each<[string, [Answer, ...Answer[]], object, string[]]>([
  ['a grant', [granted], renewed, ONCE],
  ['a grant that calls the access token token', [grant({ token: 'a' })], renewed, ONCE],
  ['an empty one before it', [grant({ access_token: '', token: 'a' })], renewed, ONCE],
  ['a useless field before it', [grant({ access_token: {}, token: 'a' })], renewed, ONCE],
  ['a token that no header can hold beside it', [grant({ access_token: 'a', token: 'b\n' })], renewed, ONCE],
  ['no new refresh token', [answer(200, { access_token: 'a' })], kept, ONCE],
  ['null as the refresh token', [grant({ access_token: 'a', refresh_token: null })], kept, ONCE],
  ['an empty refresh token', [grant({ access_token: 'a', refresh_token: '' })], kept, ONCE],

  // A success that is not usable may have replaced the token.
  ['no access token', [grant({})], unusable, ONCE],
  ['other types', [grant({ access_token: 7, token: [] })], unusable, ONCE],
  ['an access token that no header can hold', [grant({ access_token: 'a\r\nX: y' })], unusable, ONCE],
  ['a number as the new token', [grant({ access_token: 'a', refresh_token: 7 })], unusable, ONCE],
  ['a new token of two words', [grant({ access_token: 'a', refresh_token: 'two words' })], unusable, ONCE],
  ['too long a token', [grant({ access_token: 'a', refresh_token: 'x'.repeat(8193) })], unusable, ONCE],
  ['HTML with 200', [answer(200, HTML)], unusable, ONCE],
  ['204', [answer(204)], unusable, ONCE],
  ['cut JSON', [answer(200, '{"access_token":"a","refresh')], unusable, ONCE],
  ['a success that is cut off', [cutOff(200)], unanswered('blink_unavailable'), ONCE],
  ['a success that stalls', [stalled(200)], unanswered('blink_timeout'), ONCE],

  ['invalid_grant with 400', [oauthError('invalid_grant')], refused(400), ONCE],
  ['invalid_grant with 401', [oauthError('invalid_grant', 401)], refused(401), ONCE],
  ['a bare 401', [answer(401)], refused(401), ONCE],
  ['401 without an OAuth error', [answer(401, { code: 101, error: null })], refused(401), ONCE],
  // It may have been invalid_client.
  ['401, cut', [cutOff(401, '{"error":"inv')], rejected(401), ONCE],
  ['401 that is too long', [answer(401, HTML.repeat(1e4))], rejected(401), ONCE],
  ['412: a second factor', [answer(412, { tsv_state: 'x' })], refused(412, true), ONCE],

  ['invalid_request', [oauthError('invalid_request')], rejected(400), ONCE],
  ['bad scope', [oauthError('invalid_scope', 401)], rejected(401), ONCE],
  ['400 with nothing', [answer(400)], rejected(400), ONCE],

  // The next OAuth client, only after an answer that it is not this one.
  ['a grant for the third client', [notIos, notAndroid, granted], asAmazon, EACH],
  ['no known client', [notIos], { ...rejected(401), tries: 3 }, EACH],

  // One repetition, of what is known to be over.
  ['a grant after a reset connection', [reset, granted], { ...renewed, tries: 2 }, TWICE],
  ['a grant after a 500', [answer(500, HTML), granted], { ...renewed, tries: 2 }, TWICE],
  ['two resets', [reset], unanswered('blink_unavailable'), TWICE],
  [
    'two 500s',
    [answer(500, { code: 12 })],
    unanswered('blink_unavailable', { blinkStatus: 500, blinkCode: 12 }),
    TWICE,
  ],
  ['silence', [silence, granted], { ...inFlight, tries: 1 }, ONCE],
  [
    'a 503 that names a wait',
    [answer(503, '', { 'Retry-After': '30' }), granted],
    unanswered('blink_unavailable', { retryAfterSeconds: 30 }),
    ONCE,
  ],
  ['silence after a reset', [reset, silence], { ...inFlight, tries: 2 }, TWICE],
  ['a refusal after a reset', [reset, oauthError('invalid_grant')], refusedInDoubt, TWICE],
  ['a refusal after a 502', [answer(502), oauthError('invalid_grant')], refusedInDoubt, TWICE],
  ...[403, 406, 426, 429].map((status): [string, [Answer, Answer], object, string[]] => [
    `${status} after a reset`,
    [reset, answer(status)],
    { kind: 'failed', token: 'unanswered', tries: 2 },
    TWICE,
  ]),
  [
    'another client after a reset, and a reset',
    [reset, notIos, reset],
    { ...unanswered('blink_unavailable'), tries: 3 },
    ['ios', 'ios', 'android'],
  ],
  ['no known client after a reset', [reset, notIos], unanswered('blink_rejected'), ['ios', ...EACH]],
])('a refresh that is answered by %s', async (_, answers, expected, clients) => {
  const { end, waits, requests } = await callAt(answers, (blink) => blink.refresh(REQUEST, PLENTY));
  expect(end).toMatchObject(expected);
  expect(requests.map(({ body }) => new URLSearchParams(body).get('client_id'))).toEqual(clients);
  // Half of the jitter's second before a repetition.
  expect(waits).toEqual(clients[0] === clients[1] ? [500] : []);
  if (!('grant' in expected)) expect(inspect(end, { depth: 9 })).not.toContain('canary');
});

test.each([{ hardwareId: 'HW 1' }, {}])(
  'the request is the form that Blink expects, with %j',
  async (device) => {
    const request = { ...REQUEST, ...device };
    const { requests, timeouts } = await callAt([granted], (blink) => blink.refresh(request, PLENTY));
    const [sent] = requests;
    expect(sent).toMatchObject({
      method: 'POST',
      target: 'api.oauth.blink.com/oauth/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': USER_AGENT },
    });
    expect(sent?.headers).not.toHaveProperty('authorization');
    expect(Object.fromEntries(new URLSearchParams(sent?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'canary-refresh+/=',
      client_id: 'ios',
      scope: 'client',
      ...('hardwareId' in device && { hardware_id: 'HW 1' }),
    });
    expect(timeouts).toEqual([8_000]);
  },
);

test.each([
  ['ECONNRESET', false],
  ['EPIPE', false],
  ['unknown', true],
])('a refresh whose connection ended with %s may still arrive: %s', (code, isLate) => {
  expect(isInFlight(new ExchangeError('unanswered', code))).toBe(isLate);
});

test('a refresh is repeated where Blink cannot be reached, which spends nothing', async () => {
  const { blink, waits } = blinkAt(NOBODY);
  expect(await blink.refresh(REQUEST, PLENTY)).toMatchObject({
    kind: 'failed',
    token: 'unspent',
    failure: { code: 'blink_unavailable' },
    tries: 2,
  });
  expect(waits).toEqual([500]);
});

/** The milliseconds left when the request is to be sent, or to be sent again; the last ones stay. */
test.each<[string, Answer, number[], object, number]>([
  ['a try', granted, [17_999], { token: 'unspent', tries: 1 }, 0],
  [
    'the next OAuth client',
    oauthError('invalid_client'),
    [18_000, 17_999],
    { token: 'unspent', tries: 2 },
    1,
  ],
  ['the next OAuth client', oauthError('invalid_client'), [18_000], { token: 'unspent', tries: 3 }, 3],
  ['a repetition', answer(500), [18_999], { token: 'unanswered', tries: 1 }, 1],
  ['a repetition', answer(500), [19_000], { token: 'unanswered', tries: 2 }, 2],
])('%s needs time for the refresh and the save: %j', async (_, fault, leftMs, expected, requests) => {
  const remainingMs = () => (leftMs.length > 1 ? leftMs.shift() : leftMs[0]) ?? 0;
  const seen = await callAt([fault], (blink) => blink.refresh(REQUEST, { remainingMs }));
  expect(seen.end).toMatchObject({ kind: 'failed', ...expected });
  expect(seen.requests).toHaveLength(requests);
});
