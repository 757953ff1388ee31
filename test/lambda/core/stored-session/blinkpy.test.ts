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

  test('keeps the order and the other fields when a grant is stored', () => {
    const text =
      '{"z":1.5,"refresh_token":"r","nested":{"refresh_token":"inner"},"__proto__":{"a":[null]},"a":""}';
    expect(parseStoredSession(text).withGrant(GRANT)).toBe(
      '{"z":1.5,"refresh_token":"new-refresh","nested":{"refresh_token":"inner"},"__proto__":{"a":[null]},"a":"","oauth_client_id":"ios"}',
    );
  });

  test('has its OAuth client name replaced, not repeated', () => {
    expect(parseStoredSession('{"oauth_client_id":null,"refresh_token":"r"}').withGrant(GRANT)).toBe(
      '{"oauth_client_id":"ios","refresh_token":"new-refresh"}',
    );
  });

  test('is refused before anything is spent if it is nested too deeply to be written again', () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    expect(refusedText(`{"refresh_token":"r","x":${deep}}`).message).toContain(
      'must not be nested so deeply',
    );
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
    expect(failure.message).toMatch(new RegExp(`: ${field} (must be|is empty)`));
    expect(failure.message).not.toContain('canary');
  });

  test('names all unusable fields at once', () => {
    expect(refusedText(blinkpy({ client_id: 'x', account_id: 'y' })).message).toMatch(
      /client_id .*account_id /,
    );
  });
});
