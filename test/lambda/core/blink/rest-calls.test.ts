import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import type { Blink } from '../../../../lambda/core/blink/blink.ts';
import { callAt, USER_AGENT } from './blink-under-test.ts';
import { type Answer, answer, cutOff, HTML, reset, silence } from './scripted-server.ts';

const ACCOUNT = { tier: 'e008', accountId: 123456 };
const REST = 'rest-e008.immedia-semi.com';
const LOGOUT = `${REST}/api/v4/account/123456/client/1234567/logout`;
const NEWER_LOGOUT = `${REST}/api/v4/clients/1234567/logout`;
const HOMESCREEN = `${REST}/api/v3/accounts/123456/homescreen`;
const LIST = `${REST}/api/v1/clients/77/control_panel/clients`;
const OLDER_LIST = `${REST}/api/v1/accounts/123456/clients/77/control_panel/clients`;
const tierInfo = (tier: string) => `rest-${tier}.immedia-semi.com/api/v1/users/tier_info`;
const TIERS = ['prod', 'prde', 'prsg', 'a001'].map(tierInfo);
const ACCOUNT_AT = [tierInfo('prod')];

const CALLS = {
  logout: (blink: Blink) => blink.logOut('access', ACCOUNT, '1234567'),
  account: (blink: Blink) => blink.findAccount('access'),
  client: (blink: Blink) => blink.findClientId('access', ACCOUNT),
  'own client': (blink: Blink) => blink.hasClient('access', ACCOUNT, '77', '77'),
  'another client': (blink: Blink) => blink.hasClient('access', ACCOUNT, '77', '99'),
};

const loggedOut = answer(200, '{"message":"logout"}');
const account = (tier: string, account_id?: unknown) => answer(200, { tier, account_id });
const found = account('e008', 123456);
const home = answer(200, HTML, { 'Client-Id': '1234567', 'User-Id': '456789' });
const gone = answer(404, { message: 'canary', code: 2700 });
const blocked = answer(406, 'Not Acceptable');

const clients = (...ids: unknown[]) => answer(200, { clients: ids.map((id) => ({ id, name: 'phone' })) });
const others = clients(5, '770');
const tokenOf = (id: string) => answer(200, {}, { 'Client-Id': id });

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
  ['503, and a success', 'client', [answer(503), home], '1234567', [HOMESCREEN, HOMESCREEN]],
  ['a reset, and a success', 'client', [reset, home], '1234567', [HOMESCREEN, HOMESCREEN]],
  ['a cut answer, and a success', 'client', [cutOff(200), home], '1234567', [HOMESCREEN, HOMESCREEN]],
  ['two 500s', 'client', [answer(500)], unavailable, [HOMESCREEN, HOMESCREEN]],
  ['401', 'client', [answer(401, { code: 101 })], rejected(401), [HOMESCREEN]],
  ['silence', 'client', [silence], { code: 'blink_timeout' }, [HOMESCREEN]],

  ['a list without it, as its home screen', 'own client', [others, tokenOf('77')], false, [LIST, HOMESCREEN]],
  ['a list of the older path', 'own client', [gone, others, home], undefined, [LIST, OLDER_LIST, HOMESCREEN]],
  ['an empty list', 'own client', [clients(), tokenOf('77')], false, [LIST, HOMESCREEN]],
  ['a home screen without a client', 'own client', [others, answer(200)], false, [LIST, HOMESCREEN]],
  ['a reset home screen', 'own client', [others, reset], false, [LIST, HOMESCREEN, HOMESCREEN]],
  // The secret's client id is wrong.
  ['the home screen of another', 'own client', [others, tokenOf('5')], undefined, [LIST, HOMESCREEN]],
  ['its id as a number', 'own client', [clients(77)], true, [LIST]],
  ['its id as a string', 'own client', [clients('77')], true, [LIST]],
  ['no list', 'own client', [gone], undefined, [LIST, OLDER_LIST]],
  ['a list that is refused', 'own client', [answer(403, { clients: [{ id: 5 }] })], undefined, [LIST]],
  ['HTML', 'own client', [answer(200, HTML)], undefined, [LIST]],
  ['a list with another id', 'own client', [clients(5, null)], undefined, [LIST]],
  ['a list that does not come', 'own client', [silence], undefined, [LIST]],
  ['a list with it', 'another client', [clients('99')], true, [LIST]],
  ['a list without it', 'another client', [clients(77)], false, [LIST]],
  // The client that asks is signed in.
  ['a list without the client that asks', 'another client', [others], undefined, [LIST]],
];

test.each(ROWS)('%s, as an answer to the call: %s', async (_, call, answers, expected, targets) => {
  const { end, waits, ...sent } = await callAt(answers, CALLS[call]);
  if (typeof expected === 'object') expect(end).toMatchObject(expected ?? {});
  else expect(end).toBe(expected);
  expect(sent.targets).toEqual(targets);
  // Half of the jitter's second before a repetition.
  expect(waits).toEqual(new Set(targets).size < targets.length ? [500] : []);
});

test.each([
  ['logout', 'POST', 6_000, [LOGOUT], loggedOut],
  ['account', 'GET', 5_000, ACCOUNT_AT, found],
  ['client', 'GET', 5_000, [HOMESCREEN], home],
  ['another client', 'GET', 5_000, [LIST], others],
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

test.each([
  [{ tier: 'evil.example/', accountId: 1 }, '1'],
  [{ tier: 'E008', accountId: 1 }, '1'],
  [{ tier: 'e008', accountId: Number.NaN }, '1'],
  [{ tier: 'e008', accountId: 1 }, '../1'],
  [{ tier: 'e008', accountId: 1 }, ''],
])('nothing is sent where a part of the URL was not checked: %j %j', async (account, clientId) => {
  const { end, requests } = await callAt([loggedOut], (blink) => blink.logOut('access', account, clientId));
  expect(end).toMatchObject({ code: 'internal_error' });
  expect(requests).toEqual([]);
});

/** Each call ends with its failure. */
const REJECTED_CALLS = {
  logout: CALLS.logout,
  'account lookup': CALLS.account,
  'client lookup': CALLS.client,
  refresh: async (blink: Blink) => {
    const request = { refreshToken: 'old', oauthClients: ['ios', 'android'] } as const;
    const result = await blink.refresh(request, { remainingMs: () => 60_000 });
    expect(result).toMatchObject({ kind: 'failed', token: 'unspent', tries: 1 });
    return result.kind === 'failed' ? result.failure : result;
  },
};
/** By the status: the call that does something else, which the tables above have. */
const ELSEWHERE: Readonly<Record<number, string>> = { 404: 'logout', 406: 'account lookup' };
const waitFor = (status: number, retryAfter: string) => answer(status, '', { 'Retry-After': retryAfter });

const REJECTIONS: readonly [what: string, status: number, Answer, details?: object][] = [
  ['HTML', 400, answer(400, HTML)],
  ['a code that is no integer', 403, answer(403, { code: 'canary' })],
  ['a code', 403, answer(403, { code: 5 }), { blinkCode: 5 }],
  ['nothing', 404, answer(404)],
  ['a text', 406, answer(406, 'canary')],
  ['a text that is cut off', 406, cutOff(406)],
  ['a long wait', 406, waitFor(406, '7200'), { retryAfterSeconds: 7200 }],
  ['nothing', 418, answer(418)],
  ['a message', 426, answer(426, { message: 'canary' })],
  ['a redirect', 302, answer(302, '', { Location: 'https://canary.example/' })],
  ['nothing', 429, answer(429)],
  ['a long wait', 429, waitFor(429, '7200'), { retryAfterSeconds: 7200 }],
  ['no wait', 429, waitFor(429, '0')],
  ['more than a day', 429, waitFor(429, '86401'), { retryAfterSeconds: 86_400 }],
  ['30 digits', 429, waitFor(429, '9'.repeat(30)), { retryAfterSeconds: 86_400 }],
  ['a date', 429, waitFor(429, 'Wed, 21 Oct 2026 07:28:00 GMT')],
];

const CASES = Object.entries(REJECTED_CALLS).flatMap(([name, call]) =>
  REJECTIONS.filter(([, status]) => ELSEWHERE[status] !== name).map(
    ([what, status, rejection, details]) => [name, status, what, call, rejection, details] as const,
  ),
);

test.each(CASES)(
  'the %s that is rejected with %i and %s is sent once, and not again for ten minutes',
  async (_name, blinkStatus, _what, call, rejection, details) => {
    const { end, requests } = await callAt([rejection], call);
    const code = blinkStatus === 429 ? 'rate_limited' : 'blink_rejected';
    expect(end).toMatchObject({ code, retryable: false });
    expect(end).toHaveProperty('details', { blinkStatus, retryAfterSeconds: 600, ...details });
    expect(inspect(end)).not.toContain('canary');
    expect(requests).toHaveLength(1);
  },
);
