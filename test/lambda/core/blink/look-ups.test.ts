import { describe, expect, test } from 'vitest';
import { blinkAt, callAt, NOBODY } from './blink-under-test.ts';
import { type Answer, answer, cutOff, HTML, reset, silence } from './scripted-server.ts';

const ACCOUNT = { tier: 'e008', accountId: 123456 };
const HOMESCREEN = 'rest-e008.immedia-semi.com/api/v3/accounts/123456/homescreen';
const tierInfo = (tier: string) => `rest-${tier}.immedia-semi.com/api/v1/users/tier_info`;

const accountAt = (...answers: readonly [Answer, ...Answer[]]) =>
  callAt(answers, (blink) => blink.findAccount('access'));

const clientIdAt = (...answers: readonly [Answer, ...Answer[]]) =>
  callAt(answers, (blink) => blink.findClientId('access', ACCOUNT));

describe('the account', () => {
  const found = answer(200, { tier: 'e008', account_id: 123456 });

  test('is asked for at the first host, with the access token', async () => {
    const { end, requests, timeouts } = await accountAt(found);
    expect(end).toEqual(ACCOUNT);
    expect(requests).toMatchObject([
      { method: 'GET', target: tierInfo('prod'), headers: { authorization: 'Bearer access' } },
    ]);
    expect(timeouts).toEqual([5_000]);
  });

  test('may be told in capitals and digits', async () => {
    expect((await accountAt(answer(200, { tier: 'E008', account_id: '123456' }))).end).toEqual(ACCOUNT);
  });

  test('is asked for at the other hosts in turn where one blocks with 406', async () => {
    const blocked = answer(406, 'Not Acceptable');
    const { end, targets } = await accountAt(blocked, blocked, blocked, found);
    expect(end).toEqual(ACCOUNT);
    expect(targets).toEqual(['prod', 'prde', 'prsg', 'a001'].map(tierInfo));
  });

  test('is not found where all hosts block', async () => {
    const { end, targets } = await accountAt(answer(406));
    expect(end).toMatchObject({ code: 'blink_rejected', details: { blinkStatus: 406 } });
    expect(targets).toHaveLength(4);
  });

  test.each<[string, Answer]>([
    ['a host that is not a tier', answer(200, { tier: 'evil.example/', account_id: 1 })],
    ['no account id', answer(200, { tier: 'e008' })],
    ['an account id that is none', answer(200, { tier: 'e008', account_id: 'canary' })],
    ['HTML', answer(200, HTML)],
    ['nothing', answer(200)],
  ])('is not taken from %s', async (_, fault) => {
    expect((await accountAt(fault)).end).toMatchObject({
      code: 'blink_rejected',
      details: { blinkStatus: 200 },
      message: "Blink's answer to the account lookup holds no tier and account id",
    });
  });
});

describe('the client id', () => {
  const found = answer(200, HTML, { 'Client-Id': '1234567', 'User-Id': '456789' });

  test('is a header of the home screen', async () => {
    const { end, requests } = await clientIdAt(found);
    expect(end).toBe('1234567');
    expect(requests).toMatchObject([
      { method: 'GET', target: HOMESCREEN, headers: { authorization: 'Bearer access' } },
    ]);
  });

  test.each<[string, Answer]>([
    ['is missing', answer(200, {})],
    ['is not a number', answer(200, {}, { 'Client-Id': 'canary' })],
  ])('has to be stored where the header %s', async (_, fault) => {
    expect((await clientIdAt(fault)).end).toMatchObject({
      code: 'blink_rejected',
      details: { blinkStatus: 200 },
      message: "Blink's answer to the client lookup names no client: store client_id in the secret",
    });
  });
});

describe('a lookup', () => {
  const found = answer(200, { tier: 'e008', account_id: 123456 });

  test('is repeated once after a 5xx, after jitter', async () => {
    const { end, waits, requests } = await accountAt(answer(503), found);
    expect([end, waits, requests.length]).toEqual([ACCOUNT, [500], 2]);
  });

  test('is repeated once where Blink cannot be reached', async () => {
    const { blink, waits } = blinkAt(NOBODY);
    await expect(blink.findClientId('access', ACCOUNT)).rejects.toMatchObject({ code: 'blink_unavailable' });
    expect(waits).toEqual([500]);
  });

  test('is given up after a second 5xx', async () => {
    const { end, requests } = await accountAt(answer(500));
    expect(end).toMatchObject({ code: 'blink_unavailable', details: { blinkStatus: 500 } });
    expect(requests).toHaveLength(2);
  });

  test.each<[string, Answer, string, object]>([
    ['401', answer(401, { code: 101 }), 'blink_rejected', { blinkStatus: 401, blinkCode: 101 }],
    ['silence', silence, 'blink_timeout', {}],
  ])('is not repeated after %s', async (_, fault, code, details) => {
    const account = await accountAt(fault);
    expect(account.end).toMatchObject({ code, details });
    expect(account.requests).toHaveLength(1);
    const client = await clientIdAt(fault);
    expect(client.end).toMatchObject({ code, details });
    expect(client.requests).toHaveLength(1);
  });

  test.each<[string, Answer]>([
    ['a reset connection', reset],
    ['an answer that is cut off', cutOff(200)],
  ])('is repeated once after %s: nothing is spent by it', async (_, fault) => {
    const account = await accountAt(fault, answer(200, { tier: 'e008', account_id: 123456 }));
    expect(account.end).toEqual({ tier: 'e008', accountId: 123456 });
    const failed = await accountAt(fault);
    expect(failed.end).toMatchObject({ code: 'blink_unavailable' });
    expect(failed.requests).toHaveLength(2);
  });
});
