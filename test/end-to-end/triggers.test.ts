import { afterAll, beforeAll, expect, test } from 'vitest';
import { oauthError } from '../../local/blink/answers.ts';
import { type Form, secretNameOf, storedToken } from '../../local/local-session.ts';
import { runEventOf, stepsOf } from '../../local/run-event.ts';
import { codeOf } from '../code-of.ts';
import { type StackUnderTest, startStackUnderTest } from './stack-under-test.ts';

let stack: StackUnderTest;

beforeAll(async () => {
  stack = await startStackUnderTest();
});
afterAll(() => stack.close());

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

test('the rule logs out the session "default"', async () => {
  const session = stack.signIn('Homebridge', 'default');
  const before = storedToken(stack, session);
  const invocation = await stack.fireRule();
  expect(codeOf(invocation)).toBe('logged_out');
  expect(runEventOf(invocation)).toMatchObject({ trigger: 'schedule', session: 'default' });
  expectLoggedOut(session, before.newest);
});

function expectLoggedOut(session: ReturnType<StackUnderTest['signIn']>, spent: string): void {
  const after = storedToken(stack, session);
  expect(stack.blink.tokens.spends(spent)).toBe(1);
  expect(after.newest).not.toBe(spent);
  expect(after).toMatchObject({ isStored: true, labels: expect.arrayContaining(['BLINK_LOGGED_OUT']) });
  expect(stack.blink.tokens.spends(after.newest)).toBe(0);
  expect(stack.blink.logouts.filter(({ clientId }) => clientId === session.clientId)).toMatchObject([
    { accountId: 123_456, path: `/api/v4/account/123456/client/${session.clientId}/logout` },
  ]);
}

test('the seed’s calls are made: the refresh form, and the logout with Bearer and Content-Type', async () => {
  const session = stack.signIn('BLINK_TOKENS');
  const spent = storedToken(stack, session).newest;
  const callsBefore = stack.blink.calls.length;
  await stack.invoke({ session: session.name });
  const [refresh, logout, ...others] = stack.blink.calls.slice(callsBefore);
  expect(refresh).toMatchObject({
    method: 'POST',
    host: 'api.oauth.blink.com',
    path: '/oauth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'Blink' },
    form: { grant_type: 'refresh_token', refresh_token: spent, client_id: 'android', scope: 'client' },
  });
  expect(logout).toMatchObject({
    method: 'POST',
    host: 'rest-e008.immedia-semi.com',
    path: `/api/v4/account/123456/client/${session.clientId}/logout`,
    headers: { authorization: expect.stringMatching(/^Bearer eyJ/), 'content-type': 'application/json' },
    body: '',
  });
  expect(others).toEqual([]);
});

test('the new refresh token is current before Blink is asked to log out', async () => {
  const session = stack.signIn('blinkpy');
  const atLogout: unknown[] = [];
  stack.blink.faults.onCall = (call, moment) => {
    if (call.action === 'logout' && moment === 'before') atLogout.push(storedToken(stack, session));
    return undefined;
  };
  await stack.invoke({ session: session.name });
  stack.blink.faults.clear();
  expect(atLogout).toMatchObject([{ isStored: true, labels: expect.arrayContaining(['AWSCURRENT']) }]);
});

test('a later run spends the rotated token, not the first one', async () => {
  const session = stack.signIn('Homebridge');
  const first = storedToken(stack, session).newest;
  expect(codeOf(await stack.invoke({ session: session.name, clientId: 7_100_000 }))).toBe(
    'nothing_to_log_out',
  );
  const second = storedToken(stack, session).newest;
  expect(codeOf(await stack.invoke({ session: session.name }))).toBe('logged_out');
  expect([first, second].map((token) => stack.blink.tokens.spends(token))).toEqual([1, 1]);
  expect(stack.blink.tokens.doubleSpends).toBe(0);
});

test('a check reports that a logout can be tried, and changes nothing', async () => {
  const session = stack.signIn('BLINK_TOKENS');
  const versions = stack.secretsManager.secrets.find(secretNameOf(session)).versions();
  const callsBefore = stack.blink.calls.length;
  expect(codeOf(await stack.invoke({ session: session.name, action: 'check' }))).toBe('ready');
  expect(stack.secretsManager.secrets.find(secretNameOf(session)).versions()).toEqual(versions);
  expect(stack.blink.calls).toHaveLength(callsBefore);
});

test('fields that the secret lacks are looked up', async () => {
  const session = stack.signIn('Homebridge');
  const { newest } = storedToken(stack, session);
  const name = stack.store(JSON.stringify({ refresh_token: newest }));
  const callsBefore = stack.blink.calls.length;
  stack.blink.faults.before(
    'refresh',
    { do: 'answer', answer: oauthError(401, 'invalid_client') },
    { times: 1 },
  );
  const { result } = await stack.invoke({ session: name });
  expect(result).toMatchObject({
    payload: { outcome: 'logged_out', accountId: 123_456, clientId: String(session.clientId) },
  });
  expect(stack.blink.calls.slice(callsBefore).map(({ action, form }) => [action, form['client_id']])).toEqual(
    [
      ['refresh', 'android'],
      ['refresh', 'ios'],
      ['tier-info', undefined],
      ['homescreen', undefined],
      ['logout', undefined],
    ],
  );
});
