import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { secretNameOf } from '../../local/local-session.ts';
import { codeOf } from '../../local/run-event.ts';
import { type StackUnderTest, startStackUnderTest } from './stack-under-test.ts';

let stack: StackUnderTest;

beforeAll(async () => {
  stack = await startStackUnderTest();
});
afterAll(() => stack.close());

const TOKEN = 'eyJ-canary';

describe('a secret that cannot be used is left as it is, and Blink is not called', () => {
  test.each<[string, string | undefined, RegExp]>([
    ['a text of no form', 'canary', /BLINK_TOKENS.*refreshToken/],
    ['an empty JSON object', '{}', /./],
    ['a JSON list', `["${TOKEN}"]`, /./],
    ['JSON that is cut off', `{"refresh_token":"${TOKEN}`, /./],
    ['a refresh token of a wrong type', '{"refresh_token":17}', /refresh_token/],
    ['an empty refresh token', '{"refresh_token":""}', /refresh_token/],
    ['a refresh token with a line break', `{"refresh_token":"${TOKEN}\\r\\nx: y"}`, /refresh_token/],
    ['BLINK_TOKENS without a refresh token', "BLINK_TOKENS='token=canary|account_id=1'", /./],
    [
      'BLINK_TOKENS with a value that is not encoded',
      `BLINK_TOKENS='refresh_token=%zz|token=${TOKEN}'`,
      /refresh_token/,
    ],
    ['BLINK_TOKENS whose quote is not closed', `BLINK_TOKENS='refresh_token=${TOKEN}`, /quote/],
    [
      'blinkpy’s form with an account of a wrong type',
      `{"refresh_token":"${TOKEN}","account_id":"canary"}`,
      /account_id/,
    ],
    [
      'blinkpy’s form with a client of a wrong type',
      `{"refresh_token":"${TOKEN}","client_id":"1/../2"}`,
      /client_id/,
    ],
    ['Homebridge’s form without a refresh token', `{"accessToken":"${TOKEN}","accountId":1}`, /./],
    [
      'Homebridge’s form with a tier that is none',
      `{"refreshToken":"${TOKEN}","tier":"e008.evil.example/"}`,
      /tier/,
    ],
  ])('%s', async (_what, text, told) => {
    const name = stack.store(text);
    await expectRefused(name, told);
  });

  test.each([
    'evil.example',
    'e008.immedia-semi.com.evil.example',
    'evil.example#e008.immedia-semi.com',
    'user@e008.immedia-semi.com',
    'e008.immedia-semi.com:8443',
    'e008.immedia-semi.com/path',
    'http://rest-e008.immedia-semi.com',
    'rest-e008.immedia-semi.com\\@evil.example',
    '127.0.0.1',
  ])('a host that would send the token elsewhere: %s', async (host) => {
    const name = stack.store(JSON.stringify({ refresh_token: TOKEN, host, account_id: 1, client_id: '2' }));
    await expectRefused(name, /host/);
  });

  async function expectRefused(name: string, told: RegExp): Promise<void> {
    const versions = stack.secretsManager.secrets.versions(secretNameOf({ name }));
    const callsBefore = stack.blink.calls.length;
    const invocation = await stack.invoke({ session: name });
    expect(invocation.result).toMatchObject({
      kind: 'failed',
      error: { errorType: 'session_invalid', errorMessage: expect.stringMatching(told) },
    });
    expect(stack.secretsManager.secrets.versions(secretNameOf({ name }))).toEqual(versions);
    expect(stack.blink.calls).toHaveLength(callsBefore);
  }
});

test('a session without a secret, without a version or about to be deleted cannot be used', async () => {
  expect(codeOf(await stack.invoke({ session: 'nobody' }))).toBe('session_unknown');
  expect(codeOf(await stack.invoke({ session: stack.store(undefined) }))).toBe('session_unknown');
  const deleted = stack.store('canary');
  stack.secretsManager.secrets.delete(secretNameOf({ name: deleted }));
  expect(codeOf(await stack.invoke({ session: deleted }))).toBe('session_invalid');
});

describe('what a logout does not own stays as it was', () => {
  test('in BLINK_TOKENS', async () => {
    const session = stack.signIn('BLINK_TOKENS');
    const [before, after] = await textsAround(session.name);
    expect(withoutToken(after, /refresh_token=[^|]*/)).toBe(
      withoutToken(before, /refresh_token=[^|]*/).replace(/'$/, "|oauth_client_id=android'"),
    );
  });

  test('in blinkpy’s form', async () => {
    const session = stack.signIn('blinkpy');
    const [before, after] = await textsAround(session.name);
    expect(JSON.parse(after)).toEqual({
      ...JSON.parse(before),
      refresh_token: stack.blink.tokens.newest(session.clientId),
      oauth_client_id: 'ios',
    });
  });

  test('in Homebridge’s form', async () => {
    const session = stack.signIn('Homebridge');
    const [before, after] = await textsAround(session.name);
    expect(JSON.parse(after)).toEqual({
      ...JSON.parse(before),
      refreshToken: stack.blink.tokens.newest(session.clientId),
      oauthClientId: 'ios',
    });
  });

  async function textsAround(name: string): Promise<[string, string]> {
    const secret = stack.secretsManager.secrets.find(secretNameOf({ name }));
    const before = secret.version({}).text;
    expect(codeOf(await stack.invoke({ session: name }))).toBe('logged_out');
    return [before, secret.version({}).text];
  }

  function withoutToken(text: string, pattern: RegExp): string {
    return text.replace(pattern, 'refresh_token=');
  }
});
