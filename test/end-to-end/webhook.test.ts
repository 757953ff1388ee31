import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { storedToken } from '../../local/local-session.ts';
import { runEventOf } from '../../local/run-event.ts';
import { refuse } from '../../local/secrets-manager/start-secrets-manager.ts';
import { type StackUnderTest, startStackUnderTest, type WebhookRequest } from './stack-under-test.ts';

let stack: StackUnderTest;
let key: string;
let callsBefore: number;

beforeAll(async () => {
  stack = await startStackUnderTest();
  key = stack.authorization.replace('Bearer ', '');
});
afterAll(() => stack.close());
beforeEach(() => {
  callsBefore = stack.secretsManager.calls.length;
});

/** A cold start reads these ahead of any call, the default session's for whoever comes; no test here has that session. */
const READ_AHEAD = ['blink-logout-webhook-key', 'blink-logout/default'];

/** The secrets that were asked for since the test began, for a call's sake. */
function sessionSecretsRead(): readonly (string | undefined)[] {
  return stack.secretsManager.calls
    .slice(callsBefore)
    .map(({ secretId }) => secretId)
    .filter((secretId) => secretId === undefined || !READ_AHEAD.includes(secretId));
}

function signed(body: string, secret = key, at = new Date()): WebhookRequest {
  const id = `msg_${randomUUID()}`;
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, at, body),
    },
  };
}

/** What the gateway's events and the bundle make of it. The tables in test/lambda/logout have the other cases. */
describe('a caller without the key gets 401, and nothing of the session is read', () => {
  test.each<[string, () => WebhookRequest]>([
    ['no credentials', () => ({ headers: {} })],
    ['a wrong key', () => ({ headers: { authorization: `Bearer ${'x'.repeat(64)}` } })],
    ['a signature by another key', () => signed('{}', 'x'.repeat(64))],
    ['a signature from the day before', () => signed('{}', key, new Date(Date.now() - 86_400_000))],
  ])('%s', async (_what, request) => {
    const session = stack.signIn('blinkpy');
    const reply = await stack.post(`/logout/${session.name}`, request());
    expect(reply).toMatchObject({ status: 401, json: { code: 'unauthenticated', retryable: false } });
    expect(reply.headers.get('content-type')).toBe('application/problem+json');
    expect(sessionSecretsRead()).toEqual([]);
    expect(stack.blink.tokens.spends(storedToken(stack, session).newest)).toBe(0);
  });
});

test.each<[string, (session: string) => WebhookRequest]>([
  ['the key', () => ({ headers: { authorization: `Bearer ${key}` } })],
  ['a signature of a body that names the session', (session) => signed(JSON.stringify({ session }))],
])('a caller with %s gets in', async (_what, request) => {
  const { name } = stack.signIn('blinkpy');
  expect(await stack.post(`/logout/${name}`, request(name))).toMatchObject({ status: 200 });
});

test.each(['{}', '', '{"session":"another"}'])(
  'a signature of the body %j is for no other session, by whatever path it is sent',
  async (body) => {
    const { name } = stack.signIn('blinkpy');
    expect(await stack.post(`/logout/${name}`, signed(body))).toMatchObject({ status: 400 });
    expect(sessionSecretsRead()).toEqual([]);
  },
);

describe('a malformed request gets 400, and no session is read', () => {
  test.each([
    ['malformed JSON', '/logout', '{"session":'],
    ['an unknown field', '/logout', '{"sesion":"default"}'],
    ['a session that is no name', '/logout', '{"session":"../webhook-key"}'],
    ['two sessions', '/logout/one', '{"session":"two"}'],
  ])('%s', async (_what, path, body) => {
    const reply = await stack.post(path, {
      headers: { authorization: stack.authorization, 'content-type': 'application/json' },
      ...(body === '' ? {} : { body }),
    });
    expect(reply).toMatchObject({ status: 400, json: { code: 'request_invalid', retryable: false } });
    expect(sessionSecretsRead()).toEqual([]);
  });
});

test('a session that does not exist is a 404', async () => {
  expect(await stack.post('/logout/nobody')).toMatchObject({
    status: 404,
    json: { code: 'session_unknown' },
  });
});

test('another route is a 404 and another method a 405, but only to callers with the key', async () => {
  const route = await stack.post('/');
  expect(route).toMatchObject({ status: 404, json: { code: 'not_found' } });
  const method = await stack.post('/logout', { method: 'GET' });
  expect(method).toMatchObject({ status: 405, json: { code: 'method_not_allowed' } });
  expect(method.headers.get('allow')).toBe('POST');
  for (const [path, request] of [
    ['/', { headers: {} }],
    ['/logout', { headers: {}, method: 'GET' }],
  ] as const) {
    expect(await stack.post(path, request)).toMatchObject({ status: 401 });
  }
});

describe('invoked directly', () => {
  test.each([
    ['the console’s stock event', { key1: 'value1', key2: 'value2', key3: 'value3' }],
    ['an event of another source', { source: 'aws.s3', 'detail-type': 'Object Created', detail: {} }],
  ])('%s is refused by name, and logs nobody out', async (_what, event) => {
    const { result } = await stack.invoke(event);
    expect(result).toMatchObject({ kind: 'failed', error: { errorType: 'request_invalid' } });
    expect(stack.secretsManager.calls).toHaveLength(callsBefore);
  });

  test('a scheduled event for a session that does not exist is reported, and not tried again', async () => {
    const invocation = await stack.fireRule();
    expect(invocation.result).toMatchObject({ kind: 'returned', payload: { code: 'session_unknown' } });
    expect(runEventOf(invocation)).toMatchObject({ FailedForGood: 1 });
  });

  test('a scheduled event whose failure may pass ends as an error, so that Lambda tries it again', async () => {
    stack.secretsManager.faults.before('GetSecretValue', refuse('AccessDeniedException'));
    const { result } = await stack.fireRule();
    stack.secretsManager.faults.clear();
    expect(result).toMatchObject({ kind: 'failed', error: { errorType: 'secrets_unavailable' } });
  });
});
