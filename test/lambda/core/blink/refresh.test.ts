import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../../../lambda/core/failure.ts';
import { blinkAt, NOBODY, USER_AGENT } from './blink-under-test.ts';
import {
  type Answer,
  answer,
  cutOff,
  HTML,
  reset,
  scriptedServer,
  silence,
  stalled,
} from './scripted-server.ts';

const REQUEST = { refreshToken: 'canary-refresh+/=', oauthClients: ['ios', 'android', 'amazon'] } as const;
const PLENTY = { remainingMs: () => 60_000 };
const GRANT = {
  access_token: 'new-access',
  refresh_token: 'new-refresh',
  expires_in: 14400,
  scope: 'client',
  token_type: 'Bearer',
};
const granted = answer(200, GRANT);

async function refreshAt(...answers: readonly [Answer, ...Answer[]]) {
  const server = await scriptedServer(...answers);
  const { blink, waits } = blinkAt(server);
  const result = await blink.refresh(REQUEST, PLENTY);
  expect(inspect(result, { depth: 9 })).not.toContain('canary-refresh');
  const clients = server.requests.map(({ body }) => new URLSearchParams(body).get('client_id'));
  return { result, waits, clients };
}

const oauthError = (error: string, status = 400) =>
  answer(status, { error, error_description: 'canary-refresh description' });

describe('the refresh request', () => {
  test('is the form that Blink expects, at its OAuth host', async () => {
    const server = await scriptedServer(granted);
    const { blink, timeouts } = blinkAt(server);
    const result = await blink.refresh({ ...REQUEST, hardwareId: 'HW 1' }, PLENTY);
    expect(result).toEqual({
      kind: 'granted',
      grant: { accessToken: 'new-access', refreshToken: 'new-refresh', oauthClient: 'ios' },
      tries: 1,
    });
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        target: 'api.oauth.blink.com/oauth/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': USER_AGENT },
      },
    ]);
    expect(server.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(Object.fromEntries(new URLSearchParams(server.requests[0]?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'canary-refresh+/=',
      client_id: 'ios',
      scope: 'client',
      hardware_id: 'HW 1',
    });
    expect(timeouts).toEqual([8_000]);
  });

  test('contains no hardware id if there is none', async () => {
    const server = await scriptedServer(granted);
    await blinkAt(server).blink.refresh(REQUEST, PLENTY);
    expect(server.requests[0]?.body).not.toContain('hardware_id');
  });
});

describe('a grant', () => {
  test('may call the access token token', async () => {
    const { result } = await refreshAt(answer(200, { token: 'a', refresh_token: 'b' }));
    expect(result).toMatchObject({ kind: 'granted', grant: { accessToken: 'a', refreshToken: 'b' } });
  });

  test.each<[object]>([
    [{ access_token: 'a', token: { of: 'another kind' } }],
    [{ access_token: {}, token: 'a' }],
    [{ access_token: 'a', token: 'no token\n' }],
  ])('is not lost for a field that is of no use beside it: %j', async (fields) => {
    const { result } = await refreshAt(answer(200, { ...fields, refresh_token: 'NEW' }));
    expect(result).toMatchObject({ kind: 'granted', grant: { accessToken: 'a', refreshToken: 'NEW' } });
  });

  test.each<[object]>([
    [{}],
    [{ access_token: '' }],
    [{ access_token: null, token: null }],
    [{ access_token: 7, token: [] }],
    [{ access_token: 'a\r\nX: y' }],
    [{ access_token: 'a', refresh_token: 7 }],
    [{ access_token: 'a', refresh_token: 'two words' }],
    [{ access_token: 'a', refresh_token: 'x'.repeat(8193) }],
    [{ access_token: 'a', refresh_token: {} }],
  ])('without two usable tokens is an answer that was not received: %j', async (fields) => {
    const { result } = await refreshAt(answer(200, { refresh_token: 'NEW', ...fields }));
    expect(result).toMatchObject({
      kind: 'failed',
      token: 'unanswered',
      failure: { code: 'blink_rejected', details: { blinkStatus: 200 }, retryable: false },
      tries: 1,
    });
  });

  test.each([[{}], [{ refresh_token: null }], [{ refresh_token: '' }]])(
    'without a refresh token keeps the old one: %j',
    async (more) => {
      const server = await scriptedServer(answer(200, { access_token: 'a', ...more }));
      const result = await blinkAt(server).blink.refresh(REQUEST, PLENTY);
      expect(result).toMatchObject({ kind: 'granted', grant: { refreshToken: REQUEST.refreshToken } });
    },
  );

  test.each<[string, Answer]>([
    ['HTML', answer(200, HTML)],
    ['empty', answer(200)],
    ['without content', answer(204)],
    ['cut JSON', answer(200, '{"access_token":"a","refresh')],
    ['without tokens', answer(200, {})],
    ['with an access token that no header can hold', answer(200, { access_token: 'a\r\nX: y' })],
    ['null', answer(200, 'null')],
  ])('that is %s is not asked for again, since the token may be spent', async (_, fault) => {
    const { result, clients } = await refreshAt(fault);
    expect(result).toMatchObject({
      kind: 'failed',
      token: 'unanswered',
      failure: { code: 'blink_rejected', details: { blinkStatus: expect.any(Number) } },
      tries: 1,
    });
    expect(clients).toHaveLength(1);
  });

  test.each<[string, Answer, string]>([
    ['is cut off', cutOff(200), 'blink_unavailable'],
    ['stalls', stalled(200), 'blink_timeout'],
  ])('that %s is not asked for again, since Blink has given it', async (_, fault, code) => {
    const { result, clients } = await refreshAt(fault);
    expect(result).toMatchObject({ kind: 'failed', token: 'unanswered', failure: { code }, tries: 1 });
    expect(clients).toHaveLength(1);
  });
});

describe('a refresh token is refused', () => {
  test.each<[string, Answer, number, boolean]>([
    ['invalid_grant with 400', oauthError('invalid_grant'), 400, false],
    ['invalid_grant with 401', oauthError('invalid_grant', 401), 401, false],
    ['401 without a body', answer(401), 401, false],
    ['401 with HTML', answer(401, HTML), 401, false],
    [
      '401 with JSON that names no OAuth error',
      answer(401, { message: 'x', code: 101, error: null }),
      401,
      false,
    ],
    ['412, which wants a second factor', answer(412, { tsv_state: 'x' }), 412, true],
  ])('by %s, and that is asked once', async (_, fault, blinkStatus, secondFactor) => {
    const { result, clients } = await refreshAt(fault);
    expect(result).toEqual({ kind: 'refused', secondFactor, inDoubt: false, blinkStatus, tries: 1 });
    expect(clients).toEqual(['ios']);
  });

  test.each<[string, Answer]>([
    ['a reset connection', reset],
    ['a 502', answer(502)],
  ])('after %s, and the result says that Blink may have spent it before', async (_, fault) => {
    const { result } = await refreshAt(fault, oauthError('invalid_grant'));
    expect(result).toMatchObject({ kind: 'refused', inDoubt: true, tries: 2 });
  });
});

describe('the OAuth client', () => {
  test.each([['invalid_client'], ['unauthorized_client']])('is the next one after %s', async (error) => {
    const { result, clients, waits } = await refreshAt(oauthError(error, 401), oauthError(error), granted);
    expect(result).toMatchObject({ kind: 'granted', grant: { oauthClient: 'amazon' }, tries: 3 });
    expect(clients).toEqual(['ios', 'android', 'amazon']);
    expect(waits).toEqual([]);
  });

  test('is tried once each, and the token is unspent when Blink knows none', async () => {
    const { result, clients } = await refreshAt(oauthError('invalid_client', 401));
    expect(result).toMatchObject({
      kind: 'failed',
      token: 'unspent',
      failure: { code: 'blink_rejected', details: { blinkStatus: 401 } },
      tries: 3,
    });
    expect(clients).toEqual(['ios', 'android', 'amazon']);
  });

  test('is not the next one if there is no time to save a new token', async () => {
    const server = await scriptedServer(oauthError('invalid_client'));
    const result = await blinkAt(server).blink.refresh(REQUEST, { remainingMs: () => 17_999 });
    expect(result).toMatchObject({ kind: 'failed', token: 'unspent', failure: { code: 'blink_timeout' } });
    expect(server.requests).toHaveLength(1);
  });
});

describe('a definite rejection', () => {
  test.each<[string, Answer, object]>([
    ['unsupported_grant_type', oauthError('unsupported_grant_type'), { blinkStatus: 400 }],
    ['invalid_request', oauthError('invalid_request'), { blinkStatus: 400 }],
    ['invalid_scope with 401', oauthError('invalid_scope', 401), { blinkStatus: 401 }],
    ['an unknown OAuth error', oauthError('canary'), { blinkStatus: 400 }],
    ['400 with nothing', answer(400), { blinkStatus: 400 }],
  ])('is %s, and nothing is sent again', async (_, fault, details) => {
    await expectRejection(fault, 'blink_rejected', { retryAfterSeconds: 600, ...details });
  });

  async function expectRejection(fault: Answer, code: string, details: object) {
    const { result, clients } = await refreshAt(fault);
    expect(result).toEqual({ kind: 'failed', token: 'unspent', tries: 1, failure: expect.any(Failure) });
    if (result.kind !== 'failed') return;
    expect(result.failure).toMatchObject({ code, retryable: false });
    expect(result.failure.details).toEqual(details);
    expect(inspect(result.failure)).not.toContain('canary');
    expect(clients).toEqual(['ios']);
  }
});

describe('the one repetition', () => {
  test.each<[string, Answer]>([
    ['a reset connection', reset],
    ['a 500', answer(500, HTML)],
    ['a 503', answer(503)],
  ])('comes after %s, half a second of jitter later', async (_, fault) => {
    const { result, clients, waits } = await refreshAt(fault, granted);
    expect(result).toMatchObject({ kind: 'granted', tries: 2 });
    expect(clients).toEqual(['ios', 'ios']);
    expect(waits).toEqual([500]);
  });

  test.each<[string, Answer, string, object]>([
    ['a reset connection', reset, 'blink_unavailable', {}],
    ['a 500', answer(500, { code: 12 }), 'blink_unavailable', { blinkStatus: 500, blinkCode: 12 }],
  ])('is the last: %s twice is a failure that may have spent the token', async (_, fault, code, details) => {
    const { result, clients } = await refreshAt(fault);
    expect(result).toMatchObject({
      kind: 'failed',
      token: 'unanswered',
      failure: { code, details },
      tries: 2,
    });
    expect(clients).toHaveLength(2);
  });

  test.each<[string, Answer, object]>([
    ['silence', silence, { token: 'in_flight', failure: { code: 'blink_timeout' } }],
    [
      'a 503 that names a wait',
      answer(503, '', { 'Retry-After': '30' }),
      { token: 'unanswered', failure: { code: 'blink_unavailable', details: { retryAfterSeconds: 30 } } },
    ],
  ])('does not come after %s', async (_, fault, expected) => {
    const { result, clients } = await refreshAt(fault, granted);
    expect(result).toMatchObject({ kind: 'failed', tries: 1, ...expected });
    expect(clients).toHaveLength(1);
  });

  test('that is not answered in time leaves its request in flight', async () => {
    const { result } = await refreshAt(reset, silence);
    expect(result).toMatchObject({ kind: 'failed', token: 'in_flight', tries: 2 });
  });

  test.each([406, 426, 429, 403])(
    'that is rejected with %i leaves the first try in doubt',
    async (status) => {
      const { result } = await refreshAt(reset, answer(status));
      expect(result).toMatchObject({ kind: 'failed', token: 'unanswered', tries: 2 });
    },
  );

  test('comes where Blink cannot be reached, which spends nothing', async () => {
    const { blink, waits } = blinkAt(NOBODY);
    const result = await blink.refresh(REQUEST, PLENTY);
    expect(result).toMatchObject({
      kind: 'failed',
      token: 'unspent',
      failure: { code: 'blink_unavailable' },
      tries: 2,
    });
    expect(waits).toEqual([500]);
  });

  test('is one for all OAuth clients together', async () => {
    const { result, clients } = await refreshAt(reset, oauthError('invalid_client'), reset);
    expect(result).toMatchObject({
      kind: 'failed',
      token: 'unanswered',
      failure: { code: 'blink_unavailable' },
      tries: 3,
    });
    expect(clients).toEqual(['ios', 'ios', 'android']);
  });

  test('does not make an uncertain token certain again', async () => {
    const { result } = await refreshAt(reset, oauthError('invalid_client'));
    expect(result).toMatchObject({
      kind: 'failed',
      token: 'unanswered',
      failure: { code: 'blink_rejected' },
      tries: 4,
    });
  });

  test('is left out if there is no time for the pause, the refresh and the save', async () => {
    const server = await scriptedServer(answer(500), granted);
    const { blink, waits } = blinkAt(server);
    expect(await blink.refresh(REQUEST, { remainingMs: () => 18_999 })).toMatchObject({
      kind: 'failed',
      token: 'unanswered',
      tries: 1,
    });
    expect(waits).toEqual([]);
    expect(server.requests).toHaveLength(1);
    expect(await blink.refresh(REQUEST, { remainingMs: () => 19_000 })).toMatchObject({ kind: 'granted' });
  });
});
