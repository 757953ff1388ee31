import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { REJECTED_SECONDS } from '../../lambda/core/blink/blink-failure.ts';
import { json } from '../../local/blink/answers.ts';
import { secretNameOf } from '../../local/local-session.ts';
import { codeOf } from '../code-of.ts';
import { type StackUnderTest, startStackUnderTest, type WebhookReply } from './stack-under-test.ts';

let stack: StackUnderTest;

beforeAll(async () => {
  stack = await startStackUnderTest();
});
afterAll(() => stack.close());

const TOKEN = 'eyJ-canary';

describe('a secret that cannot be used is left as it is, and Blink is not called', () => {
  test.each<[string, string, RegExp]>([
    ['a text of no form', 'canary', /BLINK_TOKENS.*refreshToken/],
    ['a refresh token with a line break', `{"refresh_token":"${TOKEN}\\r\\nx: y"}`, /refresh_token/],
    [
      'a host that would send the token elsewhere',
      JSON.stringify({ refresh_token: TOKEN, host: 'evil.example', account_id: 1, client_id: '2' }),
      /host/,
    ],
  ])('%s', async (_what, text, told) => {
    const name = stack.store(text);
    const versions = stack.secretsManager.secrets.find(secretNameOf({ name })).versions();
    const callsBefore = stack.blink.calls.length;
    const invocation = await stack.invoke({ session: name });
    expect(invocation.result).toMatchObject({
      kind: 'failed',
      error: { errorType: 'session_invalid', errorMessage: expect.stringMatching(told) },
    });
    expect(stack.secretsManager.secrets.find(secretNameOf({ name })).versions()).toEqual(versions);
    expect(stack.blink.calls).toHaveLength(callsBefore);
  });
});

test('a session without a secret, without a version or about to be deleted cannot be used', async () => {
  expect(codeOf(await stack.invoke({ session: 'nobody' }))).toBe('session_unknown');
  expect(codeOf(await stack.invoke({ session: stack.store(undefined) }))).toBe('session_unknown');
  const deleted = stack.store('canary');
  stack.secretsManager.secrets.delete(secretNameOf({ name: deleted }));
  expect(codeOf(await stack.invoke({ session: deleted }))).toBe('session_invalid');
});

function retryAfterSeconds({ headers }: WebhookReply): number {
  return Number(headers.get('retry-after'));
}

/** The requests to Blink that the run of this call or event makes. */
async function requestsToBlink(run: () => Promise<unknown>): Promise<number> {
  const before = stack.blink.calls.length;
  await run();
  return stack.blink.calls.length - before;
}

test('a secret without room for versions is refused before anything is asked of Blink', async () => {
  const session = stack.signIn('blinkpy', 'default');
  const secret = stack.secretsManager.secrets.find(secretNameOf(session));
  while (secret.versions().length < 100) secret.put(randomUUID(), 'an earlier version', []);

  const requests = await requestsToBlink(async () => {
    const reply = await stack.post('/logout');
    expect(reply).toMatchObject({ status: 429, json: { code: 'secret_full', retryable: false } });
    expect(retryAfterSeconds(reply)).toBe(3600);
  });
  expect(requests).toBe(0);
  expect(secret.versions()).toHaveLength(100);
});

describe('a logout that Blink has rejected', () => {
  test('is answered with Retry-After for ten minutes, without a request to Blink', async () => {
    const session = stack.signIn('Homebridge');
    stack.blink.faults.before('clients', { do: 'answer', answer: json(403, { message: 'PIN required' }) });
    onTestFinished(() => stack.blink.faults.clear());
    const logOutWrongClient = () =>
      stack.post(`/logout/${session.name}`, { body: JSON.stringify({ clientId: '999' }) });

    const rejected = await logOutWrongClient();
    expect(rejected).toMatchObject({ status: 502, json: { code: 'blink_rejected', blinkStatus: 404 } });
    expect(retryAfterSeconds(rejected)).toBe(REJECTED_SECONDS);

    stack.secretsManager.clock.advanceMs(REJECTED_SECONDS * 500);
    const requests = await requestsToBlink(async () => {
      const repeated = await logOutWrongClient();
      expect(repeated).toMatchObject({ status: 429, json: { code: 'cooling_down' } });
      expect(retryAfterSeconds(repeated)).toBeGreaterThan(REJECTED_SECONDS / 2 - 60);
      expect(retryAfterSeconds(repeated)).toBeLessThanOrEqual(REJECTED_SECONDS / 2 + 1);
    });
    expect(requests).toBe(0);

    stack.secretsManager.clock.advanceMs(REJECTED_SECONDS * 500 + 1000);
    expect(await requestsToBlink(logOutWrongClient)).toBeGreaterThan(0);
    expect(await stack.post(`/logout/${session.name}`)).toMatchObject({ status: 200 });
  });
});
