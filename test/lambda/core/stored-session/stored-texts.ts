/** The same session in the forms in which people store it. */
export const BLINK_TOKENS =
  "BLINK_TOKENS='username=user%40example.com|password=x%7Cy|uid=BlinkCamera_x|device_id=Blinkpy|token=eyJ-access|" +
  'expires_in=14400|expiration_date=1767225600.12|refresh_token=eyJ-refresh|host=e008.immedia-semi.com|' +
  "region_id=e008|client_id=1234567|account_id=123456|user_id=456789|2fa_code='";

export const BLINKPY = JSON.stringify(
  {
    username: 'user@example.com',
    password: 'x|y',
    uid: 'BlinkCamera_x',
    device_id: 'Blinkpy',
    token: 'eyJ-access',
    expires_in: 14400,
    expiration_date: 1767225600.12,
    refresh_token: 'eyJ-refresh',
    host: 'e008.immedia-semi.com',
    region_id: 'e008',
    client_id: '1234567',
    account_id: 123456,
    user_id: null,
    hardware_id: 'B3F1A4A0-51C4-4D0B-8C3E-000000000001',
  },
  undefined,
  4,
);

export const HOMEBRIDGE = JSON.stringify({
  accessToken: 'eyJ-access',
  refreshToken: 'eyJ-refresh',
  accountId: 123456,
  clientId: 1234567,
  region: 'eu',
  tier: 'e008',
  hardwareId: 'B3F1A4A0-51C4-4D0B-8C3E-000000000001',
  email: 'user@example.com',
  tokenExpiry: '2026-01-01T00:00:00.000Z',
  updatedAt: '2025-12-31T20:00:00.000Z',
});
