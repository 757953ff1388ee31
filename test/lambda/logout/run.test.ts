import * as v from 'valibot';
import { beforeEach, expect, test, vi } from 'vitest';
import { CLAIM_LIFE_SECONDS } from '../../../lambda/core/claim-life.ts';
import { Failure } from '../../../lambda/core/failure.ts';
import { FAILURES, type FailureCode } from '../../../lambda/core/failure-codes.ts';
import { fleetAnswerSchema } from '../../../lambda/core/fleet-call.ts';
import type { SecretStore } from '../../../lambda/core/vault/secret-store.ts';
import { ownerKey } from '../../../lambda/core/webhook-keys.ts';
import { httpProblem } from '../../../lambda/logout/reply.ts';
import { granted, KEY, runOnce, SCHEDULE, type Surroundings, storeOf, WEBHOOK } from './run-under-test.ts';

const FLEET = { fleet: { session: 'default' } };

const failing = (code: FailureCode, awsError = 'ResourceNotFoundException') =>
  storeOf(undefined, {
    readCurrent: async () => {
      throw new Failure(code, 'no', { awsError });
    },
  });
const refusing = (failure: Failure) => ({
  recent: () => Promise.reject(failure),
  renewed: () => Promise.reject(failure),
});
const answering =
  (status: number, headers = {}) =>
  async () => ({ status, headers, text: '' });

const NO_SESSION = { store: failing('session_unknown') };
const MAY_PASS = { store: failing('secrets_unavailable') };
const REFUSED = { exchange: answering(401) };
const LIMITED = { exchange: answering(429, { 'retry-after': '700' }) };
const threw = (name: FailureCode) => ({ threw: { name } });
const value = (code: FailureCode, more = {}) => ({ result: { code, retryable: false, ...more } });

test.each<[what: string, event: object, surroundings: object, end: object]>([
  // Lambda tries a scheduled run again if it throws.
  ['a schedule for no session', SCHEDULE, NO_SESSION, value('session_unknown')],
  ['a schedule that may pass', SCHEDULE, MAY_PASS, threw('secrets_unavailable')],
  ['a direct call for no session', {}, NO_SESSION, threw('session_unknown')],
  ['a direct call that may pass', {}, MAY_PASS, threw('secrets_unavailable')],
  ['a webhook', WEBHOOK, MAY_PASS, { result: { statusCode: 503 } }],
  // The fleet hears of it as a value.
  ['the fleet’s call, logged out', FLEET, {}, { result: { outcome: 'logged_out' } }],
  ['the fleet’s call for no session', FLEET, NO_SESSION, value('session_unknown')],
  ['the fleet’s call, refused', FLEET, REFUSED, value('reauthentication_required')],
  ['the fleet’s call, limited', FLEET, LIMITED, value('rate_limited', { retryAfterSeconds: 700 })],
])('the end of a run: %s', async (_, event, surroundings, expected) => {
  const { logged, ...end } = await runOnce(event, surroundings);
  expect(end).toMatchObject(expected);
  if (event === FLEET) v.parse(fleetAnswerSchema, JSON.parse(JSON.stringify(end.result)));
});

const KEYS_FAULT = { keysFault: 'a key has white space after it' };

test.each<[what: string, surroundings: Surroundings, logged: object]>([
  [
    'AWS’s error',
    { store: failing('secrets_unavailable', 'AccessDeniedException') },
    { awsError: 'AccessDeniedException' },
  ],
  [
    'why no key is accepted',
    { callers: refusing(new Failure('internal_error', 'no', KEYS_FAULT)) },
    KEYS_FAULT,
  ],
])('a webhook’s reply does not contain what is for the log alone: %s', async (_, surroundings, expected) => {
  const { result, logged } = await runOnce(WEBHOOK, surroundings);
  expect(logged).toMatchObject(expected);
  const { body } = v.parse(v.looseObject({ body: v.string() }), result);
  for (const [name, value] of Object.entries(expected)) {
    expect(body).not.toContain(name);
    expect(body).not.toContain(value);
  }
});

test('the event of a stranger’s request names neither a caller nor what was asked for', async () => {
  const headers = { authorization: `Bearer ${'x'.repeat(40)}` };
  // Of whatever is wrong, a stranger learns nothing else.
  const request = { ...WEBHOOK, routeKey: '$default', headers, body: '{"session":"garage","clientId":"9"}' };
  const { logged } = await runOnce(request);
  expect(logged).toMatchObject({ code: 'unauthenticated', trigger: 'webhook' });
  for (const name of ['caller', 'proof', 'session', 'action', 'clientId'])
    expect(logged).not.toHaveProperty(name);
});

test('a key for another session gets 403: its event names the caller, and the session is not read', async () => {
  const key = { ...ownerKey(KEY, undefined), name: 'garden', sessions: ['garden'] };
  const { result, logged } = await runOnce(WEBHOOK, { key, store: failing('secrets_unavailable') });
  expect(result).toMatchObject({ statusCode: 403 });
  expect(logged).toMatchObject({ code: 'forbidden', caller: 'garden', proof: 'bearer', session: 'default' });
});

test('only a run that takes over the claim of a dead one is counted as a takeover', async () => {
  let laterMs = 0;
  const store = storeOf();
  const later: SecretStore = {
    ...store,
    readCurrent: async (session) => {
      const current = await store.readCurrent(session);
      return { ...current, nowMs: current.nowMs + laterMs };
    },
  };
  const asked = Promise.withResolvers<void>();
  const exchange = () => {
    asked.resolve();
    return new Promise<never>(() => {});
  };
  void runOnce({}, { store: later, exchange });
  await asked.promise;
  laterMs = 200_000;
  const { logged } = await runOnce({}, { store: later });
  expect(logged).toMatchObject({ outcome: 'logged_out', takeover: true, Takeovers: 1 });

  const usual = await runOnce({});
  expect(usual.logged).toMatchObject({ outcome: 'logged_out' });
  for (const name of ['takeover', 'Takeovers']) expect(usual.logged).not.toHaveProperty(name);
});

test('the event tells how many versions are in use, and how old the token is', async () => {
  const store = storeOf();
  const first = await runOnce({}, { store });
  expect(first.logged).toMatchObject({ VersionsInUse: 0, RefreshTokenAgeDays: expect.any(Number) });
  const { logged } = await runOnce({ action: 'check' }, { store });
  expect(logged['VersionsInUse']).toBeGreaterThan(0);
});

test.each([
  ['a success', WEBHOOK, 200],
  ['a failure', { ...WEBHOOK, headers: {} }, 401],
  ['another method', { ...WEBHOOK, routeKey: '$default', requestContext: { http: { method: 'GET' } } }, 405],
])('a webhook’s reply is kept by no cache: %s', async (_, event, statusCode) => {
  const { result } = await runOnce(event);
  expect(result).toMatchObject({
    statusCode,
    headers: {
      'cache-control': 'no-store',
      'content-type': statusCode === 200 ? 'application/json' : 'application/problem+json',
      ...(statusCode === 401 && { 'www-authenticate': 'Bearer realm="blink-logout"' }),
      ...(statusCode === 405 && { allow: 'POST' }),
    },
  });
});

test.each(Object.keys(FAILURES) as FailureCode[])(
  'Retry-After of %s is the time that the failure states',
  (code) => {
    const retryAfter = (failure: Failure) => httpProblem(failure, 'r').headers['retry-after'];
    expect(retryAfter(new Failure(code, 'text', { retryAfterSeconds: 17 }))).toBe('17');
    const unless = code === 'session_busy' ? String(CLAIM_LIFE_SECONDS) : undefined;
    expect(retryAfter(new Failure(code, 'text'))).toBe(unless);
  },
);

test('a refused token is a permanent conflict, so that senders do not retry', () => {
  const { statusCode, body } = httpProblem(new Failure('reauthentication_required', 'text'), 'r');
  expect([statusCode, JSON.parse(body)]).toMatchObject([409, { status: 409, retryable: false }]);
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});

test.each([
  ['webhook', WEBHOOK],
  ['schedule', SCHEDULE],
])('a run by %s refreshes only if it can also save before the function times out', async (_, event) => {
  const requestsAfterClaimOf = async (claimMs: number) => {
    const store = storeOf();
    const putVersion: SecretStore['putVersion'] = (name, version) => {
      if (version.labels.includes('BLINK_LOGOUT')) vi.advanceTimersByTime(claimMs);
      return store.putVersion(name, version);
    };
    const requests: string[] = [];
    const startedAtMs = performance.now();
    await runOnce(event, {
      store: { ...store, putVersion },
      exchange: (request) => {
        requests.push(request.url.pathname);
        return granted(request);
      },
      remainingMs: () => startedAtMs + 60_000 - performance.now(),
    });
    return requests;
  };
  const latestMs = 60_000 - 18_000;
  expect(await requestsAfterClaimOf(latestMs)).toEqual(['/oauth/token', '/api/v4/account/7/client/8/logout']);
  expect(await requestsAfterClaimOf(latestMs + 1)).toEqual([]);
});
