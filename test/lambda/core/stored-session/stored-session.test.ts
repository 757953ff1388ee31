import { describe, expect, test } from 'vitest';
import { Failure } from '../../../../lambda/core/failure.ts';
import { parseStoredSession } from '../../../../lambda/core/stored-session/parse-stored-session.ts';

const GRANT = { refreshToken: 'new', oauthClient: 'ios' };

/** The failure that the text is refused with. */
function refusal(text: string): Failure {
  try {
    parseStoredSession(text);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('the text was accepted');
}

const blinkpy = (fields: object) => JSON.stringify({ refresh_token: 'r', ...fields });

/** The same session in the forms in which people store it. */
const TOKENS =
  'username=user%40example.com|password=x%7Cy|uid=BlinkCamera_x|device_id=Blinkpy|token=eyJ-access|' +
  'expires_in=14400|expiration_date=1767225600.12|refresh_token=r|host=e008.immedia-semi.com|' +
  'region_id=e008|client_id=1234567|account_id=123456|user_id=456789|2fa_code=';
const BLINKPY = {
  ...{ username: 'user@example.com', password: 'x|y', uid: 'BlinkCamera_x', device_id: 'Blinkpy' },
  ...{ token: 'eyJ-access', expires_in: 14400, expiration_date: 1767225600.12, refresh_token: 'r' },
  ...{ host: 'e008.immedia-semi.com', region_id: 'e008', client_id: '1234567', account_id: 123456 },
  ...{ user_id: null, hardware_id: 'B3F1A4A0-51C4-4D0B-8C3E-000000000001' },
};
const HOMEBRIDGE = {
  ...{ accessToken: 'eyJ-access', refreshToken: 'r', accountId: 123456, clientId: 1234567, region: 'eu' },
  ...{ tier: 'e008', hardwareId: 'B3F1A4A0-51C4-4D0B-8C3E-000000000001', email: 'user@example.com' },
  ...{ tokenExpiry: '2026-01-01T00:00:00.000Z', updatedAt: '2025-12-31T20:00:00.000Z' },
};
const IDS = { clientId: '1234567', accountId: 123456, tier: 'e008' };
const HARDWARE = { hardwareId: 'B3F1A4A0-51C4-4D0B-8C3E-000000000001' };

/** The session that is read, and the text after a grant. */
test.each<[what: string, text: string, session: object, saved: string]>([
  [
    'BLINK_TOKENS',
    `BLINK_TOKENS='${TOKENS}'`,
    { form: 'blink-tokens', ...IDS },
    `BLINK_TOKENS='${TOKENS.replace('=r|', '=new|')}|oauth_client_id=ios'`,
  ],
  [
    'JSON of blinkpy',
    JSON.stringify(BLINKPY, undefined, 4),
    { form: 'blinkpy', ...IDS, ...HARDWARE },
    JSON.stringify({ ...BLINKPY, refresh_token: 'new', oauth_client_id: 'ios' }),
  ],
  [
    'JSON of Homebridge, whose tier goes before its region',
    JSON.stringify(HOMEBRIDGE),
    { form: 'homebridge', ...IDS, ...HARDWARE },
    JSON.stringify({ ...HOMEBRIDGE, refreshToken: 'new', oauthClientId: 'ios' }),
  ],
])('a session is read from %s, and a save keeps the rest', (_, text, session, saved) => {
  const stored = parseStoredSession(text);
  expect(stored).toMatchObject({ refreshToken: 'r', ...session });
  expect(stored.withGrant(GRANT)).toBe(saved);
  expect(parseStoredSession(saved)).toMatchObject({ refreshToken: 'new', ...session });
});

/** The new token takes the place of the old one, and the OAuth client follows it. */
test.each([
  ['no prefix', "'a=b|refresh_token=r'"],
  ['no quotes', 'BLINK_TOKENS=refresh_token=r'],
  ['white space around it', "\n BLINK_TOKENS='refresh_token=r'\n"],
  ['another token before it', 'token=access|refresh_token=r'],
  ['a password that is not encoded', 'password=100%|refresh_token=r'],
  ['export', 'export  BLINK_TOKENS="refresh_token=r"\n'],
  ['export -p of Bash', 'declare -x BLINK_TOKENS="refresh_token=r"\n'],
  ['a comment', "BLINK_TOKENS='refresh_token=r' # of the garage\n"],
  ['a semicolon', "export BLINK_TOKENS='refresh_token=r'; # of the garage\n"],
  ['a comment without quotes', 'BLINK_TOKENS=refresh_token=r # of the garage'],
  ['lines of Windows', 'A=1\r\nBLINK_TOKENS="refresh_token=r"\r\nB=2\r\n'],
  ['an env file', "# Blink\nOTHER='1'\n\nBLINK_TOKENS=client_id=7|refresh_token=r\nLAST=2\n"],
  ['a script', "#!/bin/sh\n# BLINK_TOKENS='x'\n  export BLINK_TOKENS='refresh_token=r'\n./run\n"],
  ['a key and its value, of the console', '{"a":1,"BLINK_TOKENS":"refresh_token=r"}'],
  ['a key and an assignment', `{"BLINK_TOKENS":"BLINK_TOKENS='refresh_token=r'"}`],
])('BLINK_TOKENS are read with %s, and a save keeps the rest', (_, text) => {
  const stored = parseStoredSession(text);
  expect(stored.refreshToken).toBe('r');
  expect(stored.withGrant(GRANT)).toBe(text.replace('h_token=r', 'h_token=new|oauth_client_id=ios'));
});

/** The OAuth client is added at the end. */
test.each([
  ['lonely pairs', '|refresh_token=r||a|', '|refresh_token=new||a||oauth_client_id=ios'],
  [
    'a token twice',
    'refresh_token=r|refresh_token=r',
    `refresh_token=new|refresh_token=new|oauth_client_id=ios`,
  ],
  ['a space before its name', 'a=b| refresh_token=r', 'a=b|refresh_token=new|oauth_client_id=ios'],
  ['another token after it', 'refresh_token=r|token=a', 'refresh_token=new|token=a|oauth_client_id=ios'],
  ['a byte order mark', "\uFEFF'refresh_token=r'\r\n", "'refresh_token=new|oauth_client_id=ios'\r\n"],
  ['one before JSON', '\uFEFF{"refresh_token":"r"}', '{"refresh_token":"new","oauth_client_id":"ios"}'],
  [
    'nulls',
    '{"oauth_client_id":null,"refresh_token":"r"}',
    '{"oauth_client_id":"ios","refresh_token":"new"}',
  ],
  [
    'a field __proto__',
    '{"refresh_token":"r","__proto__":{"a":1}}',
    '{"refresh_token":"new","__proto__":{"a":1},"oauth_client_id":"ios"}',
  ],
])('a text is read with %s, and a save keeps the rest', (_, text, saved) => {
  const stored = parseStoredSession(text);
  expect(stored.refreshToken).toBe('r');
  expect(stored.withGrant(GRANT)).toBe(saved);
});

test.each<[what: string, text: string, session: object]>([
  ['ids of the other types', blinkpy({ client_id: 12, account_id: '34' }), { clientId: '12', accountId: 34 }],
  ['null and nothing as ids', blinkpy({ client_id: null, account_id: '' }), {}],
  ['a hardware id that Blink refuses', blinkpy({ hardware_id: 'Blinkpy' }), {}],
  ['another one', blinkpy({ hardware_id: 'Home Assistant' }), {}],
  ['a device id, which is none', blinkpy({ device_id: 'abc' }), {}],
  ['a host, before the region', blinkpy({ host: 'e001.immedia-semi.com', region_id: '2' }), { tier: 'e001' }],
  ['a region beside an empty host', blinkpy({ host: '', region_id: 'E002' }), { tier: 'e002' }],
  ['a region beside no host', blinkpy({ host: null, region_id: 'e002' }), { tier: 'e002' }],
  ['neither', blinkpy({ host: null, region_id: '' }), {}],
  ['a region beside no tier', '{"refreshToken":"r","tier":"","region":"U011"}', { tier: 'u011' }],
  ['Blink’s scope', blinkpy({ scope: 'client' }), {}],
  ['no scope', blinkpy({ scope: null }), {}],
  ['an empty scope', blinkpy({ scope: '' }), {}],
  ['the last of several tokens', 'refresh_token=a|refresh_token=b', { refreshToken: 'b' }],
  ['a percent-encoded token', 'refresh_token=a%2Fb+c%7C==', { refreshToken: 'a/b+c|==' }],
])('a session has %s, and no other ids', (_, text, session) => {
  const { clientId, accountId, hardwareId, tier, refreshToken } = parseStoredSession(text);
  expect({ clientId, accountId, hardwareId, tier, refreshToken }).toEqual({ refreshToken: 'r', ...session });
});

test('a new token can break neither the pairs nor the quotes', () => {
  const refreshToken = 'a|b=c\'d"e%f+g';
  const text = parseStoredSession("BLINK_TOKENS='refresh_token=r'").withGrant({ ...GRANT, refreshToken });
  expect(text).toBe("BLINK_TOKENS='refresh_token=a%7Cb%3Dc%27d%22e%25f%2Bg|oauth_client_id=ios'");
  expect(parseStoredSession(text).refreshToken).toBe(refreshToken);
});

test.each([
  ['e008.immedia-semi.com', 'e008'],
  ['rest-e008.immedia-semi.com', 'e008'],
  ['https://rest-e008.immedia-semi.com', 'e008'],
  ['REST-Prod.Immedia-Semi.COM', 'prod'],
])('the host %s is the tier %s', (host, tier) => {
  expect(parseStoredSession(blinkpy({ host })).tier).toBe(tier);
});

const ANDROID = ['android', 'ios', 'amazon'];
const IOS = ['ios', 'android', 'amazon'];

test.each([
  ['a bare token', '{"refresh_token":"r"}', ANDROID],
  ['BLINK_TOKENS without a hardware id', 'refresh_token=r|host=', ANDROID],
  ['a hardware id', 'refresh_token=r|hardware_id=H', IOS],
  ['a refused hardware id', 'refresh_token=r|hardware_id=Blinkpy', ANDROID],
  ['a file of blinkpy', '{"refresh_token":"r","uid":null}', IOS],
  ['a file of Homebridge', '{"refreshToken":"r"}', IOS],
  ['one that is stored', '{"refreshToken":"r","oauthClientId":"amazon"}', ['amazon', 'ios', 'android']],
  [
    'one that blinkpy does not use',
    '{"refresh_token":"r","uid":1,"oauth_client_id":"amazon"}',
    ['amazon', 'ios', 'android'],
  ],
  ['one that is stored and not known', 'refresh_token=r|oauth_client_id=my_app-2', ['my_app-2', ...IOS]],
  ['a numeric id, which is last', 'refresh_token=r|client_id=12', [...ANDROID, '12']],
  ['a numeric id that worked', 'refresh_token=r|client_id=12|oauth_client_id=12', ['12', ...IOS]],
])('the OAuth clients are tried in their order: with %s', (_, text, order) => {
  expect(parseStoredSession(text).oauthClients).toEqual(order);
});

const FORMS = /BLINK_TOKENS .*refresh_token=.*blinkpy .*"refresh_token".*Homebridge .*"refreshToken"/;
const QUOTED = 'efresh_token must be without the quotes around it';
const NO_JSON = 'begins like JSON, but is not JSON';
const ONE_VALUE = 'must be in one pair of quotes, followed by nothing but a comment';
const NO_END = 'must end with the quote that it begins with';
const foreign = (names: string) => `the token is of another service: Blink has no ${names}`;
const TIER = 'must be a tier such as e008, or its host';
const HOST = `host ${TIER}`;
const NUMBER = 'must be a number of 1 to 15 digits';
const TOKEN = 'refresh_token must be 1 to 8192 printable ASCII characters without spaces';
const PRINTABLE = 'must be 1 to 128 printable ASCII characters';

/** The text, and what the failure says. */
const REFUSED: readonly (readonly [string, string | RegExp])[] = [
  ...['', 'canary', 'null', '["canary"]', '"canary"', '{}', '{"key1":"canary"}'].map(
    (text) => [text, FORMS] as const,
  ),
  ['{"__proto__":{"refresh_token":"canary"}}', FORMS],
  ['username=canary|host=e008.immedia-semi.com', FORMS],
  ['{"refresh_token":"canary"', NO_JSON],
  ["{'refresh_token':'canary'}", NO_JSON],
  ['{"refresh_token":"canary"} canary', NO_JSON],

  ["export BLINK_TOKENS='refresh_token=canary''|a=b'", ONE_VALUE],
  ["BLINK_TOKENS='refresh_token=canary' ./run", ONE_VALUE],
  ['BLINK_TOKENS=refresh_token=canary |a=b', ONE_VALUE],
  ["export BLINK_TOKENS='refresh_token=canary\nOTHER=1\n", NO_END],
  ['export BLINK_TOKENS=\'refresh_token=canary"\n', NO_END],
  ['BLINK_TOKENS="refresh_token=canary\'', NO_END],
  ["'refresh_token=canary", NO_END],
  ['BLINK_TOKENS="refresh_token=canary\\"|a=b"', ONE_VALUE],
  ["BLINK_TOKENS=refresh_token=canary'", 'quotes and backslashes percent-encoded'],
  ["refresh_token=canary'", 'quotes and backslashes percent-encoded'],
  ["export A=1 BLINK_TOKENS='client_id=7|refresh_token=canary'", /./],
  ["BLINK_TOKENS='refresh_token=a'\nBLINK_TOKENS='refresh_token=canary'", 'must be assigned only once'],
  ["BLINK_TOKENS: 'client_id=7|refresh_token=canary'", /./],
  ['$env:BLINK_TOKENS="client_id=7|refresh_token=canary"', /./],
  ["BLINK_TOKENS='token=t'", 'refresh_token is missing'],
  ['BLINK_TOKENS=', 'refresh_token is missing'],
  ['refresh_token=', 'refresh_token is empty'],
  ['refresh_token=can\\ary', 'quotes and backslashes percent-encoded'],
  ['refresh_token=canary%zz', 'refresh_token must be percent-encoded'],
  ['refresh_token=r|host=canary%', 'host must be percent-encoded'],

  ['{"refresh_token":"\\"canary\\""}', QUOTED],
  [`{"refreshToken":"'canary'"}`, 'refreshToken must be without the quotes around it'],
  ['{"BLINK_TOKENS":"refresh_token=%27canary%27"}', QUOTED],
  ['{"refresh_token":null,"host":"e008.immedia-semi.com"}', 'refresh_token is empty'],
  ['{"refreshToken":""}', 'refreshToken is empty'],

  ['{"refresh_token":"canary","token_uri":"https://canary"}', foreign('token_uri')],
  ['{"refresh_token":"canary","scope":"https://canary/auth/drive"}', foreign('scope')],
  ['{"refresh_token":"canary","scope":["canary"]}', foreign('scope')],
  ['{"refreshToken":"canary","clientSecret":"x","tokenUrl":"canary"}', foreign('clientSecret, tokenUrl')],
  ['refresh_token=canary|client_secret=canary', foreign('client_secret')],
  ['{"BLINK_TOKENS":"refresh_token=canary|scope=canary"}', foreign('scope')],

  [blinkpy({ refresh_token: 7 }), TOKEN],
  [blinkpy({ refresh_token: 'canary with spaces' }), TOKEN],
  [blinkpy({ refresh_token: 'canary\r\nHost: x' }), TOKEN],
  [blinkpy({ refresh_token: 'canarÿ' }), TOKEN],
  [blinkpy({ refresh_token: 'canary'.repeat(2_000) }), TOKEN],
  [blinkpy({ client_id: 'canary' }), `client_id ${NUMBER}`],
  [blinkpy({ client_id: -1 }), `client_id ${NUMBER}`],
  [blinkpy({ client_id: ['canary'] }), `client_id ${NUMBER}`],
  [blinkpy({ account_id: 1.5 }), `account_id ${NUMBER}`],
  [blinkpy({ hardware_id: 12 }), `hardware_id ${PRINTABLE}`],
  [blinkpy({ hardware_id: 'canary\n' }), `hardware_id ${PRINTABLE}`],
  [blinkpy({ oauth_client_id: 'canary canary' }), 'oauth_client_id must be 1 to 64 letters'],
  [blinkpy({ oauth_client_id: 1 }), 'oauth_client_id must be 1 to 64 letters'],
  [blinkpy({ region_id: 'canary/..' }), `region_id ${TIER}`],
  [blinkpy({ region_id: 8 }), `region_id ${TIER}`],
  [blinkpy({ client_id: 'x', account_id: 'y' }), /client_id .*account_id /],
  ['{"refreshToken":"r","region":"Europe (canary)"}', `region ${TIER}`],
  [`{"refresh_token":"r","x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 'must not be nested so deeply'],

  ...[
    ...['evil.canary', 'e008.immedia-semi.com.canary', 'immedia-semi.com', 'e008.immedia-semi.com.'],
    ...['e008.immedia-semi.com:8443', 'e008.immedia-semi.com/', 'e008.immedia-semi.com?x'],
    ...['e008.immedia-semi.com#x', 'canary@e008.immedia-semi.com', 'canary/e008.immedia-semi.com'],
    ...['canary#.immedia-semi.com', 'http://e008.immedia-semi.com', 'rest-rest-e008.immedia-semi.com'],
    ...['e.immedia-semi.com', 'a.b.immedia-semi.com', 'e008.immedia-semi.com\n', ' e008.immedia-semi.com'],
    ...['e00８.immedia-semi.com', '\u212a008.immedia-semi.com', 'e008\u3002immedia-semi.com'],
    ...['e008.immedia\u2010semi.com', '127.0.0.1'],
  ].map((host) => [blinkpy({ host }), HOST] as const),
];

test.each(REFUSED.map(([text, says]) => [text.slice(0, 80), text, says] as const))(
  '%j is refused, and no value is told',
  (_, text, says) => {
    const { code, message, cause } = refusal(text);
    expect(code).toBe('session_invalid');
    expect(cause).toBeUndefined();
    expect(message).toMatch(says);
    expect(message).not.toContain('canary');
  },
);

describe('a text of the largest accepted size', () => {
  const token = '"'.repeat(8192);

  test.each([
    ['BLINK_TOKENS', (filler: string) => `export BLINK_TOKENS='x=${filler}|refresh_token=r'\n`],
    ['several tokens', (filler: string) => `refresh_token=a|refresh_token=r|x=${filler}`],
    ['JSON of blinkpy', (filler: string) => blinkpy({ x: filler })],
    ['JSON of Homebridge', (filler: string) => JSON.stringify({ refreshToken: 'r', x: filler })],
  ])('can be saved with the longest token, and one byte more is refused: %s', (_, textWith) => {
    const withGrant = (text: string) =>
      parseStoredSession(text).withGrant({ refreshToken: token, oauthClient: 'c'.repeat(64) });
    const roomBytes = 65_536 - Buffer.byteLength(withGrant(textWith('')));
    // Two bytes each, so that a limit that counts characters does not pass.
    const filler = 'é'.repeat(Math.floor(roomBytes / 2)) + 'x'.repeat(roomBytes % 2);

    const saved = withGrant(textWith(filler));
    expect(Buffer.byteLength(saved)).toBe(65_536);
    expect(parseStoredSession(saved).refreshToken).toBe(token);
    expect(refusal(textWith(`${filler}x`)).message).toContain('shorter by 1 bytes');
  });
});
