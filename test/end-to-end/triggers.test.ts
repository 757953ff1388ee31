import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { json, oauthError, redirect, text } from '../../local/blink/answers.ts';
import type { Effect, Moment } from '../../local/faults.ts';
import { type Form, type LocalSession, secretNameOf, storedToken } from '../../local/local-session.ts';
import type { Answer } from '../../local/loopback-server.ts';
import { runEventOf, stepsOf } from '../../local/run-event.ts';
import { codeOf } from '../code-of.ts';
import { type StackUnderTest, startStackUnderTest, type WebhookRequest } from './stack-under-test.ts';

/** The bundle behind its stand-ins. The tables of test/lambda have the other cases, and test/docs/openapi.test.ts each reply. */
let stack: StackUnderTest;

beforeAll(async () => {
  stack = await startStackUnderTest();
});
afterAll(() => stack.close());

function expectLoggedOut(session: LocalSession, spent: string): void {
  const after = storedToken(stack, session);
  expect(stack.blink.tokens.spends(spent)).toBe(1);
  expect(after.newest).not.toBe(spent);
  expect(after).toMatchObject({ isStored: true, labels: expect.arrayContaining(['BLINK_LOGGED_OUT']) });
  expect(stack.blink.tokens.spends(after.newest)).toBe(0);
  expect(stack.blink.logouts.filter(({ clientId }) => clientId === session.clientId)).toMatchObject([
    { accountId: 123_456, path: `/api/v4/account/123456/client/${session.clientId}/logout` },
  ]);
}

test.each<Form>(['BLINK_TOKENS', 'blinkpy', 'Homebridge'])(
  'a session stored as %s is logged out by a direct invocation',
  async (form) => {
    const session = stack.signIn(form);
    const before = storedToken(stack, session);
    const invocation = await stack.invoke({ session: session.name });
    expect(invocation.result).toEqual({
      kind: 'returned',
      payload: {
        outcome: 'logged_out',
        session: session.name,
        accountId: 123_456,
        clientId: String(session.clientId),
        message: 'logout',
        durationsMs: expect.objectContaining({ total: expect.any(Number) }),
        requestId: invocation.requestId,
      },
    });
    expectLoggedOut(session, before.newest);
    expect(invocation.output).toHaveLength(1);
    const steps = ['read', 'claim', 'refresh', 'save', 'logOut', 'mark'];
    const event = runEventOf(invocation);
    expect(event).toMatchObject({
      message: 'logged_out',
      trigger: 'direct',
      session: session.name,
      requestId: invocation.requestId,
    });
    expect(event && stepsOf(event)).toEqual(steps.map((step) => [step, expect.any(Number)]));
  },
);

test('the rule logs out the session "default"', async () => {
  const session = stack.signIn('Homebridge', 'default');
  const before = storedToken(stack, session);
  const invocation = await stack.fireRule();
  expect(codeOf(invocation)).toBe('logged_out');
  expect(runEventOf(invocation)).toMatchObject({ trigger: 'schedule', session: 'default' });
  expectLoggedOut(session, before.newest);
});

test('the webhook logs out the session in the path, and a repetition is answered without asking Blink', async () => {
  const session = stack.signIn('blinkpy');
  const before = storedToken(stack, session);
  const reply = await stack.post(`/logout/${session.name}`);
  expect(reply).toMatchObject({ status: 200, json: { outcome: 'logged_out', session: session.name } });
  expect(reply.headers.get('content-type')).toBe('application/json');
  expectLoggedOut(session, before.newest);
  const callsBefore = stack.blink.calls.length;
  const json = { outcome: 'already_logged_out', session: session.name };
  expect(await stack.post(`/logout/${session.name}`)).toMatchObject({ status: 200, json });
  expect(stack.blink.calls).toHaveLength(callsBefore);
});

function signed(body: string, key = stack.authorization.replace('Bearer ', '')): WebhookRequest {
  const [id, sentAt] = [`msg_${randomUUID()}`, new Date()];
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
      'webhook-signature': new Webhook(key).sign(id, sentAt, body),
    },
  };
}

test('a signature of a body that names the session logs it out', async () => {
  const { name } = stack.signIn('blinkpy');
  const request = signed(JSON.stringify({ session: name }));
  expect(await stack.post(`/logout/${name}`, request)).toMatchObject({ status: 200 });
});

test.each<[what: string, request: () => WebhookRequest, status: number]>([
  ['without credentials', () => ({ headers: {} }), 401],
  ['with a signature by another key', () => signed('{}', 'x'.repeat(64)), 401],
  ['with a signature for another session', () => signed('{"session":"another"}'), 400],
  ['with an unknown field', () => ({ body: '{"sesion":"default"}' }), 400],
])('a request %s is refused, and nothing of the session is read', async (_, request, status) => {
  const { name } = stack.signIn('blinkpy');
  expect(await stack.post(`/logout/${name}`, request())).toMatchObject({ status });
  expect(stack.secretsManager.calls.map(({ secretId }) => secretId)).not.toContain(secretNameOf({ name }));
});

test('the seed’s calls are made, and the new refresh token is current between them', async () => {
  const session = stack.signIn('BLINK_TOKENS');
  const spent = storedToken(stack, session).newest;
  const callsBefore = stack.blink.calls.length;
  const atLogout: unknown[] = [];
  stack.blink.faults.onCall = (call, moment) => {
    if (call.action === 'logout' && moment === 'before') atLogout.push(storedToken(stack, session));
    return undefined;
  };
  await stack.invoke({ session: session.name });
  stack.blink.faults.clear();
  expect(atLogout).toMatchObject([{ isStored: true, labels: expect.arrayContaining(['AWSCURRENT']) }]);
  expect(stack.blink.calls.slice(callsBefore)).toMatchObject([
    {
      method: 'POST',
      host: 'api.oauth.blink.com',
      path: '/oauth/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'Blink' },
      form: { grant_type: 'refresh_token', refresh_token: spent, client_id: 'android', scope: 'client' },
    },
    {
      method: 'POST',
      host: 'rest-e008.immedia-semi.com',
      path: `/api/v4/account/123456/client/${session.clientId}/logout`,
      headers: { authorization: expect.stringMatching(/^Bearer eyJ/), 'content-type': 'application/json' },
      body: '',
    },
  ]);
});

test('fields that the secret lacks are looked up', async () => {
  const session = stack.signIn('Homebridge');
  const name = stack.store(JSON.stringify({ refresh_token: storedToken(stack, session).newest }));
  const callsBefore = stack.blink.calls.length;
  const answer = oauthError(401, 'invalid_client');
  stack.blink.faults.before('refresh', { do: 'answer', answer }, { times: 1 });
  const { result } = await stack.invoke({ session: name });
  expect(result).toMatchObject({
    payload: { outcome: 'logged_out', accountId: 123_456, clientId: String(session.clientId) },
  });
  const calls = stack.blink.calls.slice(callsBefore);
  expect(calls.map(({ action, form }) => [action, form['client_id']])).toEqual([
    ['refresh', 'android'],
    ['refresh', 'ios'],
    ['tier-info', undefined],
    ['homescreen', undefined],
    ['logout', undefined],
  ]);
});

const TOKEN = 'eyJ-canary';

test.each<[what: string, event: object, text: string | undefined, code: string, told?: string]>([
  ['a check', { action: 'check' }, JSON.stringify({ refresh_token: TOKEN }), 'ready'],
  ['a secret of no form', {}, 'canary', 'session_invalid', 'BLINK_TOKENS'],
  [
    'a host that would send the token elsewhere',
    {},
    JSON.stringify({ refresh_token: TOKEN, host: 'evil.example' }),
    'session_invalid',
    'host',
  ],
  ['a secret without a version', {}, undefined, 'session_unknown'],
])('%s changes nothing, and Blink is not called', async (_, event, text, code, told = '') => {
  const session = stack.store(text);
  const versions = () => stack.secretsManager.secrets.find(secretNameOf({ name: session })).versions();
  const before = versions();
  const callsBefore = stack.blink.calls.length;
  const invocation = await stack.invoke({ session, ...event });
  expect(codeOf(invocation)).toBe(code);
  expect(JSON.stringify(invocation.result)).toContain(told);
  expect(versions()).toEqual(before);
  expect(stack.blink.calls).toHaveLength(callsBefore);
});

const instead = (answer: Answer): Effect => ({ do: 'answer', answer });
const CLOSED: Effect = { do: 'destroy' };

/** The codes of the run with the fault, and of the next one. The tables of test/lambda/core have the other statuses. */
test.each<[on: string, what: string, Moment, Effect, first: string, second: string]>([
  ['refresh', '429', 'before', instead(json(429, {})), 'rate_limited', 'cooling_down'],
  ['refresh', 'no connection', 'before', CLOSED, 'blink_unavailable', 'logged_out'],
  // Blink has spent the token, and its answer is lost: no client can close this window.
  ['refresh', 'no answer', 'after', CLOSED, 'blink_unavailable', 'reauthentication_required'],
  ['refresh', 'half an answer', 'after', { do: 'cut-off' }, 'blink_unavailable', 'reauthentication_required'],
  ['logout', '404', 'before', instead(text(404, '')), 'logged_out', 'already_logged_out'],
  [
    'logout',
    'a redirect',
    'before',
    instead(redirect('http://127.0.0.1:9/')),
    'blink_rejected',
    'cooling_down',
  ],
])('a %s that gets %s costs the token only if Blink has spent it', async (on, _, at, effect, ...codes) => {
  const session = stack.signIn('blinkpy');
  stack.blink.faults[at](on, effect);
  const first = codeOf(await stack.invoke({ session: session.name }));
  stack.blink.faults.clear();
  const second = codeOf(await stack.invoke({ session: session.name }));
  expect([first, second]).toEqual(codes);
  expect(storedToken(stack, session).isStored).toBe(second !== 'reauthentication_required');
});
