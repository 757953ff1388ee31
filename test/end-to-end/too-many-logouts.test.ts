import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REJECTED_MS } from '../../lambda/core/condition.ts';
import { secretNameOf } from '../../local/local-session.ts';
import { type StackUnderTest, startStackUnderTest, type WebhookReply } from './stack-under-test.ts';

let stack: StackUnderTest;

beforeAll(async () => {
  stack = await startStackUnderTest();
});
afterAll(() => stack.close());

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
    const logOutWrongClient = () =>
      stack.post(`/logout/${session.name}`, { body: JSON.stringify({ clientId: '999' }) });

    const rejected = await logOutWrongClient();
    expect(rejected).toMatchObject({ status: 502, json: { code: 'blink_rejected', blinkStatus: 404 } });
    expect(retryAfterSeconds(rejected)).toBe(REJECTED_MS / 1000);

    stack.secretsManager.clock.advanceMs(REJECTED_MS / 2);
    const requests = await requestsToBlink(async () => {
      const repeated = await logOutWrongClient();
      expect(repeated).toMatchObject({ status: 429, json: { code: 'cooling_down' } });
      expect(retryAfterSeconds(repeated)).toBeGreaterThan(REJECTED_MS / 2000 - 60);
      expect(retryAfterSeconds(repeated)).toBeLessThanOrEqual(REJECTED_MS / 2000 + 1);
    });
    expect(requests).toBe(0);

    stack.secretsManager.clock.advanceMs(REJECTED_MS / 2 + 1000);
    expect(await requestsToBlink(logOutWrongClient)).toBeGreaterThan(0);
    expect(await stack.post(`/logout/${session.name}`)).toMatchObject({ status: 200 });
  });
});
