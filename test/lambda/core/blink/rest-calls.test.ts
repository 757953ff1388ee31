import { expect, test } from 'vitest';
import type { Blink } from '../../../../lambda/core/blink/blink.ts';
import { blinkAt, callAt, NOBODY, USER_AGENT } from './blink-under-test.ts';
import { type Answer, answer, cutOff, HTML, reset, scriptedServer, silence } from './scripted-server.ts';

const ACCOUNT = { tier: 'e008', accountId: 123456 };
const REST = 'rest-e008.immedia-semi.com';
const LOGOUT = `${REST}/api/v4/account/123456/client/1234567/logout`;
const NEWER_LOGOUT = `${REST}/api/v4/clients/1234567/logout`;
const HOMESCREEN = `${REST}/api/v3/accounts/123456/homescreen`;
const tierInfo = (tier: string) => `rest-${tier}.immedia-semi.com/api/v1/users/tier_info`;
const TIERS = ['prod', 'prde', 'prsg', 'a001'].map(tierInfo);
const ACCOUNT_AT = [tierInfo('prod')];

const CALLS = {
  logout: (blink: Blink) => blink.logOut('access', ACCOUNT, '1234567'),
  account: (blink: Blink) => blink.findAccount('access'),
  client: (blink: Blink) => blink.findClientId('access', ACCOUNT),
};

const loggedOut = answer(200, '{"message":"logout"}');
const account = (tier: string, account_id?: unknown) => answer(200, { tier, account_id });
const found = account('e008', 123456);
const home = answer(200, HTML, { 'Client-Id': '1234567', 'User-Id': '456789' });
const gone = answer(404, { message: 'canary', code: 2700 });
const blocked = answer(406, 'Not Acceptable');

const told = (message: string) => ({ message });
const rejected = (blinkStatus: number, message?: string) => ({
  code: 'blink_rejected',
  details: { blinkStatus },
  message: message === undefined ? expect.not.stringContaining('canary') : expect.stringContaining(message),
});
const failed3331 = { code: 'blink_rejected', details: { blinkStatus: 200, blinkCode: 3331 } };
const unavailable = { code: 'blink_unavailable' };
const NO_ACCOUNT = rejected(200, "Blink's answer to the account lookup holds no tier and account id");
const NO_CLIENT = rejected(200, 'names no client: store client_id in the secret');

type Row = [
  what: string,
  call: keyof typeof CALLS,
  answers: [Answer, ...Answer[]],
  end: unknown,
  targets: string[],
];

/** The answers, what the call ends with, and where its requests went. A request that was repeated is there twice. */
const ROWS: readonly Row[] = [
  ['200 {"message":"logout"}', 'logout', [loggedOut], told('logout'), [LOGOUT]],
  ['a 404, and a success', 'logout', [gone, loggedOut], told('logout'), [LOGOUT, NEWER_LOGOUT]],
  ['404 on both paths', 'logout', [gone], rejected(404, 'compare it with'), [LOGOUT, NEWER_LOGOUT]],
  // The try that went unanswered has logged it out.
  ['a 500, and 404s', 'logout', [answer(500), gone, gone], told(''), [LOGOUT, LOGOUT, NEWER_LOGOUT]],
  ['200 and nothing', 'logout', [answer(200)], told(''), [LOGOUT]],
  ['204', 'logout', [answer(204)], told(''), [LOGOUT]],
  ['200 {}', 'logout', [answer(200, {})], told(''), [LOGOUT]],
  ['other words', 'logout', [answer(201, told('Client logged out'))], told('Client logged out'), [LOGOUT]],
  ['40 letters', 'logout', [answer(200, told('x'.repeat(40)))], told('x'.repeat(40)), [LOGOUT]],
  // External text is told only if it is a few plain words.
  ...['x'.repeat(41), 'a\nb', 'ünsafe', 'logout of owner@example.com', 'client 1234567', '-Xrefused'].map(
    (message): Row => [message, 'logout', [answer(200, { message })], told(''), [LOGOUT]],
  ),
  ['a number as the message', 'logout', [answer(200, { message: 7 })], told(''), [LOGOUT]],
  ['401', 'logout', [answer(401, { message: 'canary', code: 101 })], rejected(401), [LOGOUT]],
  ['412', 'logout', [answer(412)], rejected(412), [LOGOUT]],
  ['HTML', 'logout', [answer(200, HTML)], rejected(200, 'is no JSON object'), [LOGOUT]],
  ['null', 'logout', [answer(200, 'null')], rejected(200, 'is no JSON object'), [LOGOUT]],
  ['an error with 200', 'logout', [answer(200, { message: 'canary', code: 3331 })], failed3331, [LOGOUT]],
  ['the code 0', 'logout', [answer(200, { message: 'logout', code: 0 })], told('logout'), [LOGOUT]],
  ['white space', 'logout', [answer(200, ' \n')], told(''), [LOGOUT]],
  // A repetition of a logout has the same effect.
  ['a reset, and a success', 'logout', [reset, loggedOut], told('logout'), [LOGOUT, LOGOUT]],
  ['silence, and a success', 'logout', [silence, loggedOut], told('logout'), [LOGOUT, LOGOUT]],
  ['a cut answer, and a success', 'logout', [cutOff(200), loggedOut], told('logout'), [LOGOUT, LOGOUT]],
  ['502, and a success', 'logout', [answer(502), loggedOut], told('logout'), [LOGOUT, LOGOUT]],
  ['two resets', 'logout', [reset], unavailable, [LOGOUT, LOGOUT]],
  ['silence twice', 'logout', [silence], { code: 'blink_timeout' }, [LOGOUT, LOGOUT]],
  ['two cut answers', 'logout', [cutOff(200)], unavailable, [LOGOUT, LOGOUT]],
  ['two 500s', 'logout', [answer(500)], unavailable, [LOGOUT, LOGOUT]],

  ['the account', 'account', [found], ACCOUNT, ACCOUNT_AT],
  ['capitals and digits', 'account', [account('E008', '123456')], ACCOUNT, ACCOUNT_AT],
  ['406 three times', 'account', [blocked, blocked, blocked, found], ACCOUNT, TIERS],
  ['406 everywhere', 'account', [blocked], rejected(406), TIERS],
  ['a host that is no tier', 'account', [account('evil/', 1)], NO_ACCOUNT, ACCOUNT_AT],
  ['no account id', 'account', [account('e008')], NO_ACCOUNT, ACCOUNT_AT],
  ['another account id', 'account', [account('e008', 'canary')], NO_ACCOUNT, ACCOUNT_AT],
  ['HTML', 'account', [answer(200, HTML)], NO_ACCOUNT, ACCOUNT_AT],
  ['nothing', 'account', [answer(200)], NO_ACCOUNT, ACCOUNT_AT],
  ['the home screen', 'client', [home], '1234567', [HOMESCREEN]],
  ['no client id', 'client', [answer(200, {})], NO_CLIENT, [HOMESCREEN]],
  ['a text as client id', 'client', [answer(200, {}, { 'Client-Id': 'canary' })], NO_CLIENT, [HOMESCREEN]],
  // Nothing is spent by a look-up: it is repeated after all but silence and a definite answer.
  ...(['account', 'client'] as const).flatMap((call): Row[] => {
    const [success, end] = call === 'account' ? [found, ACCOUNT] : [home, '1234567'];
    const target = call === 'account' ? tierInfo('prod') : HOMESCREEN;
    return [
      ['503, and a success', call, [answer(503), success], end, [target, target]],
      ['a reset, and a success', call, [reset, success], end, [target, target]],
      ['a cut answer, and a success', call, [cutOff(200), success], end, [target, target]],
      ['two 500s', call, [answer(500)], { ...unavailable, details: { blinkStatus: 500 } }, [target, target]],
      ['two resets', call, [reset], unavailable, [target, target]],
      ['401', call, [answer(401, { code: 101 })], rejected(401), [target]],
      ['silence', call, [silence], { code: 'blink_timeout' }, [target]],
    ];
  }),
];

test.each(ROWS)('%s, as an answer to the call: %s', async (_, call, answers, expected, targets) => {
  const { end, waits, ...sent } = await callAt(answers, CALLS[call]);
  if (typeof expected === 'object') expect(end).toMatchObject(expected ?? {});
  else expect(end).toBe(expected);
  expect(sent.targets).toEqual(targets);
  // Half of the jitter's second before a repetition.
  expect(waits).toEqual(targets[0] === targets[1] ? [500] : []);
});

test.each([
  ['logout', 'POST', 6_000, [LOGOUT], loggedOut],
  ['account', 'GET', 5_000, ACCOUNT_AT, found],
  ['client', 'GET', 5_000, [HOMESCREEN], home],
] as const)('the request of the call: %s', async (call, method, timeoutMs, targets, success) => {
  const { requests, timeouts } = await callAt([success], CALLS[call]);
  const headers = {
    authorization: 'Bearer access',
    'content-type': 'application/json',
    'user-agent': USER_AGENT,
  };
  expect(requests).toMatchObject([{ method, target: targets[0], headers, body: '' }]);
  expect(timeouts).toEqual([timeoutMs]);
});

test.each(Object.entries(CALLS))(
  'if Blink cannot be reached, a second try ends the call: %s',
  async (_, call) => {
    const { blink, waits } = blinkAt(NOBODY);
    await expect(call(blink)).rejects.toMatchObject(unavailable);
    expect(waits).toEqual([500]);
  },
);

test.each([
  [{ tier: 'evil.example/', accountId: 1 }, '1'],
  [{ tier: 'E008', accountId: 1 }, '1'],
  [{ tier: 'e008', accountId: Number.NaN }, '1'],
  [{ tier: 'e008', accountId: 1 }, '../1'],
  [{ tier: 'e008', accountId: 1 }, ''],
])('nothing is sent where a part of the URL was not checked: %j %j', async (account, clientId) => {
  const server = await scriptedServer(loggedOut);
  const { blink } = blinkAt(server);
  await expect(blink.logOut('access', account, clientId)).rejects.toMatchObject({ code: 'internal_error' });
  expect(server.requests).toEqual([]);
});
