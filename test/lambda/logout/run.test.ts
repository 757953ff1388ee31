import { describe, expect, test } from 'vitest';
import { blinkOverHttps } from '../../../lambda/core/blink/blink-over-https.ts';
import type { HttpExchange } from '../../../lambda/core/blink/http-exchange.ts';
import { Failure } from '../../../lambda/core/failure.ts';
import type { FailureCode } from '../../../lambda/core/failure-codes.ts';
import { realTiming } from '../../../lambda/core/time.ts';
import type { SecretStore } from '../../../lambda/core/vault/secret-store.ts';
import { ownerKey } from '../../../lambda/core/webhook-keys.ts';
import { run } from '../../../lambda/logout/run.ts';
import { inProcessStore } from '../in-process-store.ts';

const KEY = 'k'.repeat(40);
const SESSION = { refresh_token: 'r', host: 'e008.immedia-semi.com', account_id: 7, client_id: 8 };
const SCHEDULE = { source: 'aws.events', 'detail-type': 'Scheduled Event' };
const WEBHOOK = {
  version: '2.0',
  routeKey: 'POST /logout',
  rawPath: '/logout',
  headers: { Authorization: `Bearer ${KEY}` },
  requestContext: { http: { method: 'POST' } },
};

function storeOf(more: Partial<SecretStore> = {}): SecretStore {
  return { ...inProcessStore('default', JSON.stringify(SESSION)), ...more };
}

const granted: HttpExchange = async () => ({
  status: 200,
  headers: {},
  text: '{"access_token":"a","refresh_token":"r2","message":"logout"}',
});

/** Runs one event. Returns the end and the event in the log. */
async function ended(event: unknown, store = storeOf(), exchange = granted) {
  const lines: string[] = [];
  const keys = [ownerKey(KEY, undefined)];
  const timing = { ...realTiming, wait: async () => {} };
  const wiring = {
    store,
    blink: blinkOverHttps({ userAgent: 'Blink', timing, exchange }),
    callers: { recent: async () => keys, renewed: async () => keys },
    timing: { ...timing, wait: (ms: number) => (ms > 5_000 ? new Promise<void>(() => {}) : timing.wait()) },
    sessionMetrics: true,
    metricsNamespace: 'blink-logout',
    log: (line: string) => lines.push(line),
  };
  const runEnds = { remainingMs: () => 60_000 };
  const result: unknown = await run(wiring, event, { requestId: 'r-1', coldStart: false, runEnds }).catch(
    (error: Error) => ({ threw: error.name }),
  );
  const logged: Record<string, unknown> = JSON.parse(lines.join());
  return { result, logged };
}

const failing = (code: FailureCode, awsError = 'ResourceNotFoundException') =>
  storeOf({
    readCurrent: async () => {
      throw new Failure(code, 'no', { awsError });
    },
  });

describe('the end of a failed run', () => {
  test.each([
    [
      'a scheduled',
      SCHEDULE,
      'session_unknown',
      { code: 'session_unknown', retryable: false, requestId: 'r-1' },
    ],
    ['a scheduled', SCHEDULE, 'secrets_unavailable', { threw: 'secrets_unavailable' }],
    ['a direct', {}, 'session_unknown', { threw: 'session_unknown' }],
    ['a direct', {}, 'secrets_unavailable', { threw: 'secrets_unavailable' }],
  ] as const)('%s one: Lambda retries it only if that may help: %j, %s', async (_, event, code, end) => {
    const { result, logged } = await ended(event, failing(code));
    expect(result).toEqual(end);
    expect(logged).toMatchObject({ code });
  });

  test('a webhook’s: the reply says nothing of AWS’s error, which is in the log', async () => {
    const { result, logged } = await ended(WEBHOOK, failing('secrets_unavailable', 'AccessDeniedException'));
    expect(result).toMatchObject({ statusCode: 503 });
    expect(JSON.stringify(result)).not.toContain('AccessDenied');
    expect(logged).toMatchObject({ awsError: 'AccessDeniedException' });
  });
});

test('the event of a stranger’s request names neither a caller nor what was asked for', async () => {
  const headers = { authorization: `Bearer ${'x'.repeat(40)}` };
  const { logged } = await ended({ ...WEBHOOK, headers, body: '{"session":"garage","clientId":"9"}' });
  expect(logged).toMatchObject({ code: 'unauthenticated', trigger: 'webhook' });
  for (const name of ['caller', 'proof', 'session', 'action', 'clientId'])
    expect(logged).not.toHaveProperty(name);
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
  void ended({}, later, () => {
    asked.resolve();
    return new Promise(() => {});
  });
  await asked.promise;
  laterMs = 200_000;
  expect((await ended({}, later)).logged).toMatchObject({
    outcome: 'logged_out',
    takeover: true,
    Takeovers: 1,
  });

  const { logged } = await ended({});
  expect(logged).toMatchObject({ outcome: 'logged_out' });
  for (const name of ['takeover', 'Takeovers']) expect(logged).not.toHaveProperty(name);
});

test.each([
  ['a success', WEBHOOK, 200],
  ['a failure', { ...WEBHOOK, headers: {} }, 401],
  ['another method', { ...WEBHOOK, routeKey: '$default', requestContext: { http: { method: 'GET' } } }, 405],
])('a webhook’s reply is kept by no cache: %s', async (_, event, statusCode) => {
  const { result } = await ended(event);
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
