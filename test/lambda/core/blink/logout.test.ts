import { describe, expect, test } from 'vitest';
import { blinkAt, callAt, NOBODY, USER_AGENT } from './blink-under-test.ts';
import { type Answer, answer, cutOff, HTML, reset, scriptedServer, silence } from './scripted-server.ts';

const AccountID = 123456;
const ClientID = '1234567';
const ACCOUNT = { tier: 'e008', accountId: AccountID };
const SEED_PATH = `rest-e008.immedia-semi.com/api/v4/account/${AccountID}/client/${ClientID}/logout`;
const NEWER_PATH = `rest-e008.immedia-semi.com/api/v4/clients/${ClientID}/logout`;
const loggedOut = answer(200, '{"message":"logout"}', { 'Content-Type': 'application/json' });

const logOutAt = (...answers: readonly [Answer, ...Answer[]]) =>
  callAt(answers, (blink) => blink.logOut('access', ACCOUNT, ClientID));

describe('the logout', () => {
  test('is posted to the path with AccountID and ClientID, with Bearer and Content-Type, and 200 {"message":"logout"} ends it', async () => {
    const { end, requests, timeouts } = await logOutAt(loggedOut);
    expect(end).toEqual({ message: 'logout' });
    expect(requests).toMatchObject([
      {
        method: 'POST',
        target: SEED_PATH,
        headers: {
          authorization: 'Bearer access',
          'content-type': 'application/json',
          'content-length': '0',
          'user-agent': USER_AGENT,
        },
        body: '',
      },
    ]);
    expect(timeouts).toEqual([6_000]);
  });

  test('takes the newer path where Blink does not know the first one', async () => {
    const { end, targets, requests } = await logOutAt(answer(404), loggedOut);
    expect(end).toEqual({ message: 'logout' });
    expect(targets).toEqual([SEED_PATH, NEWER_PATH]);
    expect(requests[1]).toMatchObject({
      method: 'POST',
      headers: { authorization: 'Bearer access', 'content-type': 'application/json' },
    });
  });

  test('is done where a try went unanswered and its repetition finds the client gone', async () => {
    const { end, targets } = await logOutAt(
      answer(500),
      answer(404, { code: 2700 }),
      answer(404, { code: 2700 }),
    );
    expect(end).toEqual({ message: '' });
    expect(targets).toEqual([SEED_PATH, SEED_PATH, NEWER_PATH]);
  });

  test('is rejected if Blink knows neither path', async () => {
    const { end, targets } = await logOutAt(answer(404, { message: 'canary', code: 2700 }));
    expect(end).toMatchObject({ code: 'blink_rejected', details: { blinkStatus: 404, blinkCode: 2700 } });
    expect(targets).toEqual([SEED_PATH, NEWER_PATH]);
  });

  test.each([
    [200, '', ''],
    [204, '', ''],
    [200, '{}', ''],
    [201, '{"message":"Client logged out"}', 'Client logged out'],
    [200, `{"message":"${'x'.repeat(40)}"}`, 'x'.repeat(40)],
    [200, '{"message":"a\\nb"}', ''],
    [200, '{"message":"ünsafe"}', ''],
    [200, '{"message":"logout of owner@example.com"}', ''],
    [200, '{"message":"client 1234567"}', ''],
    [200, '{"message":"-Xrefused"}', ''],
    [200, `{"message":"${'x'.repeat(41)}"}`, ''],
    [200, '{"message":7}', ''],
  ])('succeeds with %i %j, and returns the message %j', async (status, body, message) => {
    expect((await logOutAt(answer(status, body))).end).toEqual({ message });
  });

  test.each<[string, Answer, object, string?]>([
    ['401', answer(401, { message: 'canary', code: 101 }), { blinkStatus: 401, blinkCode: 101 }],
    ['412', answer(412), { blinkStatus: 412 }],
    ['HTML', answer(200, HTML), { blinkStatus: 200 }],
  ])('is refused by %s, once and on one path', async (_, fault, details, code = 'blink_rejected') => {
    const { end, targets } = await logOutAt(fault);
    expect(end).toMatchObject({ code, message: expect.not.stringContaining('canary') });
    expect(end).toHaveProperty('details', { retryAfterSeconds: 600, ...details });
    expect(targets).toEqual([SEED_PATH]);
  });

  test.each<[string, Answer]>([
    ['a reset connection', reset],
    ['silence', silence],
    ['an answer that is cut off', cutOff(200)],
    ['a 502', answer(502)],
  ])('is sent once more after %s, because a repetition has the same effect', async (_, fault) => {
    const { end, targets, waits } = await logOutAt(fault, loggedOut);
    expect(end).toEqual({ message: 'logout' });
    expect([targets, waits]).toEqual([[SEED_PATH, SEED_PATH], [500]]);
  });

  test.each<[string, Answer, string]>([
    ['a reset connection', reset, 'blink_unavailable'],
    ['silence', silence, 'blink_timeout'],
    ['an answer that is cut off', cutOff(200), 'blink_unavailable'],
    ['a 500', answer(500), 'blink_unavailable'],
  ])('fails after %s twice', async (_, fault, code) => {
    const { end, targets } = await logOutAt(fault);
    expect(end).toMatchObject({ code });
    expect(targets).toHaveLength(2);
  });

  test('fails after two tries if Blink cannot be reached', async () => {
    const { blink, waits } = blinkAt(NOBODY);
    await expect(blink.logOut('access', ACCOUNT, ClientID)).rejects.toMatchObject({
      code: 'blink_unavailable',
    });
    expect(waits).toEqual([500]);
  });

  test.each([
    [{ tier: 'evil.example/', accountId: 1 }, '1'],
    [{ tier: 'E008', accountId: 1 }, '1'],
    [{ tier: 'e008', accountId: Number.NaN }, '1'],
    [{ tier: 'e008', accountId: 1 }, '../1'],
    [{ tier: 'e008', accountId: 1 }, ''],
  ])('sends nothing where a part of the URL was not checked: %j %j', async (account, clientId) => {
    const server = await scriptedServer(loggedOut);
    const { blink } = blinkAt(server);
    await expect(blink.logOut('access', account, clientId)).rejects.toMatchObject({ code: 'internal_error' });
    expect(server.requests).toEqual([]);
  });
});
