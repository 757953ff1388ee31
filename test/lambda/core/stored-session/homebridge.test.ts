import { describe, expect, test } from 'vitest';
import { parseStoredSession } from '../../../../lambda/core/stored-session/parse-stored-session.ts';
import { refusedText } from './refused-text.ts';
import { HOMEBRIDGE } from './stored-texts.ts';

describe("a session stored as Homebridge's JSON", () => {
  test('is read with its ids, and tier takes precedence over region', () => {
    expect(parseStoredSession(HOMEBRIDGE)).toMatchObject({
      form: 'homebridge',
      refreshToken: 'eyJ-refresh',
      hardwareId: 'B3F1A4A0-51C4-4D0B-8C3E-000000000001',
      clientId: '1234567',
      accountId: 123456,
      tier: 'e008',
      oauthClients: ['ios', 'android', 'amazon', '1234567'],
    });
  });

  test('gets the new refresh token and oauthClientId, and keeps the rest', () => {
    const after = JSON.parse(
      parseStoredSession(HOMEBRIDGE).withGrant({ refreshToken: 'n', oauthClient: 'amazon' }),
    );
    expect(Object.entries(after)).toEqual(
      Object.entries({ ...JSON.parse(HOMEBRIDGE), refreshToken: 'n', oauthClientId: 'amazon' }),
    );
  });

  test('uses region if there is no tier, and names the field that is invalid', () => {
    expect(parseStoredSession('{"refreshToken":"r","tier":"","region":"U011"}').tier).toBe('u011');
    expect(refusedText('{"refreshToken":"r","region":"Europe (e008)"}').message).toContain('region must be');
    expect(refusedText('{"refreshToken":"r","clientId":"canary"}').message).toContain('clientId must be');
  });
});
