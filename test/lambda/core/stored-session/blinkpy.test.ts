import { describe, expect, test } from 'vitest';
import { parseStoredSession } from '../../../../lambda/core/stored-session/parse-stored-session.ts';
import { refusedText } from './refused-text.ts';
import { BLINKPY } from './stored-texts.ts';

const GRANT = { refreshToken: 'new-refresh', oauthClient: 'ios' };

function blinkpy(fields: Record<string, unknown>): string {
  return JSON.stringify({ refresh_token: 'r', ...fields });
}

describe("a session stored as blinkpy's JSON", () => {
  test('is read with its ids', () => {
    expect(parseStoredSession(BLINKPY)).toMatchObject({
      form: 'blinkpy',
      refreshToken: 'eyJ-refresh',
      hardwareId: 'B3F1A4A0-51C4-4D0B-8C3E-000000000001',
      clientId: '1234567',
      accountId: 123456,
      tier: 'e008',
      oauthClients: ['ios', 'android', 'amazon', '1234567'],
    });
  });

  test('may be a refresh token alone', () => {
    const { withGrant, ...session } = parseStoredSession('{"refresh_token":"r"}');
    expect(session).toEqual({
      form: 'blinkpy',
      refreshToken: 'r',
      oauthClients: ['android', 'ios', 'amazon'],
    });
    expect(withGrant(GRANT)).toBe('{"refresh_token":"new-refresh","oauth_client_id":"ios"}');
  });

  test('keeps order, spacing, numbers and unknown fields when a grant is stored', () => {
    const text =
      '{\n  "2": 1.0, "refresh_token" : "r", "big": 12345678901234567890,\n  "nested": {"refresh_token": "inner"}\n}\n';
    expect(parseStoredSession(text).withGrant(GRANT)).toBe(
      '{\n  "2": 1.0, "refresh_token" : "new-refresh", "big": 12345678901234567890,\n  "nested": {"refresh_token": "inner"},"oauth_client_id":"ios"\n}\n',
    );
  });

  test('has its OAuth client name replaced, not repeated', () => {
    expect(parseStoredSession('{"oauth_client_id":null,"refresh_token":"r"}').withGrant(GRANT)).toBe(
      '{"oauth_client_id":"ios","refresh_token":"new-refresh"}',
    );
  });

  test('uses the last of several, as JSON.parse does', () => {
    const session = parseStoredSession('{"refresh_token":{"a":"b"},"refresh_\\u0074oken":"r"}');
    expect(session.refreshToken).toBe('r');
    expect(session.withGrant(GRANT)).toBe(
      '{"refresh_token":{"a":"b"},"refresh_\\u0074oken":"new-refresh","oauth_client_id":"ios"}',
    );
  });

  test('stays complete even if a field is nested deeply', () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    expect(parseStoredSession(`{"refresh_token":"r","x":${deep}}`).withGrant(GRANT)).toContain(deep);
  });

  test('may hold client_id as a number, a string or null, and account_id as digits', () => {
    expect(parseStoredSession(blinkpy({ client_id: 12, account_id: '34' }))).toMatchObject({
      clientId: '12',
      accountId: 34,
    });
    const without = parseStoredSession(blinkpy({ client_id: null, account_id: '' }));
    expect(without).not.toHaveProperty('clientId');
    expect(without).not.toHaveProperty('accountId');
  });

  test.each([
    ['refresh_token', { refresh_token: 7 }],
    ['refresh_token', { refresh_token: null }],
    ['refresh_token', { refresh_token: '' }],
    ['refresh_token', { refresh_token: 'canary with spaces' }],
    ['refresh_token', { refresh_token: 'canary\r\nHost: x' }],
    ['refresh_token', { refresh_token: 'canarÿ' }],
    ['refresh_token', { refresh_token: 'canary'.repeat(2_000) }],
    ['client_id', { client_id: 'canary' }],
    ['client_id', { client_id: -1 }],
    ['client_id', { client_id: ['canary'] }],
    ['account_id', { account_id: 1.5 }],
    ['account_id', { account_id: 'canary' }],
    ['account_id', { account_id: true }],
    ['hardware_id', { hardware_id: 12 }],
    ['hardware_id', { hardware_id: 'canary\n' }],
    ['oauth_client_id', { oauth_client_id: 'canary canary' }],
    ['oauth_client_id', { oauth_client_id: 1 }],
    ['host', { host: 8 }],
    ['region_id', { region_id: 'canary/..' }],
    ['region_id', { region_id: 8 }],
  ])('is refused by the name of %s when it is %j, and the value is not told', (field, fields) => {
    const failure = refusedText(blinkpy(fields));
    expect(failure.code).toBe('session_invalid');
    expect(failure.cause).toBeUndefined();
    expect(failure.message).toMatch(new RegExp(`: ${field} must be `));
    expect(failure.message).not.toContain('canary');
  });

  test('names all unusable fields at once', () => {
    expect(refusedText(blinkpy({ client_id: 'x', account_id: 'y' })).message).toMatch(
      /client_id .*account_id /,
    );
  });
});
