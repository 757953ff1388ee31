import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { tokenSchema } from '../../../../lambda/core/blink/token.ts';
import { Failure } from '../../../../lambda/core/failure.ts';
import { parseStoredSession } from '../../../../lambda/core/stored-session/parse-stored-session.ts';
import { refusedText } from './refused-text.ts';

function blinkpy(fields: Record<string, unknown>): string {
  return JSON.stringify({ refresh_token: 'r', ...fields });
}

describe('a text of no known form', () => {
  test.each([
    [''],
    ['canary'],
    ['null'],
    ['["canary"]'],
    ['"canary"'],
    ['{}'],
    ['{"key1":"canary"}'],
    ['{"__proto__":{"refresh_token":"canary"}}'],
    ['username=canary|host=e008.immedia-semi.com'],
  ])('is refused with the three that are accepted: %s', (text) => {
    const failure = refusedText(text);
    expect(failure.code).toBe('session_invalid');
    expect(failure.message).toMatch(
      /BLINK_TOKENS .*refresh_token=.*blinkpy .*"refresh_token".*Homebridge .*"refreshToken"/,
    );
    expect(failure.message).not.toContain('canary');
  });

  test.each([
    ['{"refresh_token":"canary"'],
    ["{'refresh_token':'canary'}"],
    ['{"refresh_token":"canary"} canary'],
  ])('is told to be no JSON where it begins like it: %s', (text) => {
    expect(refusedText(text).message).toContain('is not JSON');
    expect(refusedText(text).cause).toBeUndefined();
  });
});

const GRANT = { refreshToken: 'new', oauthClient: 'ios' };

describe('a text as people have it', () => {
  test.each([
    [
      'a byte order mark before JSON',
      '\uFEFF{"refresh_token":"r"}',
      '{"refresh_token":"new","oauth_client_id":"ios"}',
    ],
    [
      'a byte order mark before BLINK_TOKENS',
      "\uFEFFBLINK_TOKENS='refresh_token=r'\r\n",
      "BLINK_TOKENS='refresh_token=new|oauth_client_id=ios'\r\n",
    ],
    [
      'an env file',
      'A=1\r\nBLINK_TOKENS="refresh_token=r"\r\nB=2\r\n',
      'A=1\r\nBLINK_TOKENS="refresh_token=new|oauth_client_id=ios"\r\nB=2\r\n',
    ],
    [
      'a key and its value, of the console',
      '{"a":1,"BLINK_TOKENS":"refresh_token=r"}',
      '{"a":1,"BLINK_TOKENS":"refresh_token=new|oauth_client_id=ios"}',
    ],
    [
      'a key and an assignment',
      `{"BLINK_TOKENS":"BLINK_TOKENS='refresh_token=r'"}`,
      `{"BLINK_TOKENS":"BLINK_TOKENS='refresh_token=new|oauth_client_id=ios'"}`,
    ],
    [
      'Blink’s own answer',
      '{"refresh_token":"r","expires_in":14400,"scope":"client","token_type":"Bearer"}',
      '{"refresh_token":"new","expires_in":14400,"scope":"client","token_type":"Bearer","oauth_client_id":"ios"}',
    ],
    [
      'blinkpy’s, with nulls',
      '{"refresh_token":"r","client_id":null,"account_id":null,"host":null,"hardware_id":null}',
      '{"refresh_token":"new","client_id":null,"account_id":null,"host":null,"hardware_id":null,"oauth_client_id":"ios"}',
    ],
  ])('is read, and keeps the rest: %s', (_what, text, saved) => {
    const stored = parseStoredSession(text);
    expect(stored.refreshToken).toBe('r');
    expect(stored.withGrant(GRANT)).toBe(saved);
    expect(parseStoredSession(saved).refreshToken).toBe('new');
  });

  test.each([
    ['{"refresh_token":"\\"canary\\""}', 'refresh_token must be without the quotes around it'],
    [`{"refreshToken":"'canary'"}`, 'refreshToken must be without the quotes around it'],
    ['refresh_token=%22canary%22', 'refresh_token must be without the quotes around it'],
    ['{"BLINK_TOKENS":"refresh_token=%27canary%27"}', 'refresh_token must be without the quotes around it'],
    ['{"refresh_token":null,"host":"e008.immedia-semi.com"}', 'refresh_token is empty'],
    ['{"refreshToken":""}', 'refreshToken is empty'],
    ['BLINK_TOKENS=refresh_token=|host=e008', 'refresh_token is empty'],
  ])('is refused where the token is none: %s', (text, fault) => {
    expect(refusedText(text).message).toContain(fault);
    expect(refusedText(text).message).not.toContain('canary');
  });

  test.each([
    [
      '{"refresh_token":"canary","client_id":"1","client_secret":"canary","type":"authorized_user"}',
      'client_secret',
    ],
    ['{"refresh_token":"canary","token_uri":"https://canary"}', 'token_uri'],
    ['{"refresh_token":"canary","scope":"https://canary/auth/drive"}', 'scope'],
    ['{"refresh_token":"canary","scope":["canary"]}', 'scope'],
    ['{"refreshToken":"canary","clientSecret":"canary","tokenUrl":"canary"}', 'clientSecret, tokenUrl'],
    ['{"refresh_token":"canary","id_token":"canary"}', 'id_token'],
    ['refresh_token=canary|client_secret=canary', 'client_secret'],
    ['{"BLINK_TOKENS":"refresh_token=canary|scope=canary"}', 'scope'],
  ])('is refused where another service issued it: %s', (text, names) => {
    expect(refusedText(text).message).toBe(
      `the session's secret: the token is of another service: Blink has no ${names}`,
    );
  });
});

describe('a text of the largest accepted size', () => {
  const token = '"'.repeat(8192);
  const client = 'c'.repeat(64);

  test.each([
    ['BLINK_TOKENS', (filler: string) => `export BLINK_TOKENS='x=${filler}|refresh_token=r'\n`],
    ['several tokens', (filler: string) => `refresh_token=a|refresh_token=r|x=${filler}`],
    ['JSON of blinkpy', (filler: string) => blinkpy({ x: filler })],
    ['JSON of Homebridge', (filler: string) => JSON.stringify({ refreshToken: 'r', x: filler })],
  ])('can be saved with the longest token, and one byte more is refused: %s', (_, textWith) => {
    const withGrant = (text: string) =>
      parseStoredSession(text).withGrant({ refreshToken: token, oauthClient: client });
    const roomBytes = 65_536 - Buffer.byteLength(withGrant(textWith('')));
    // Two bytes each, so that a limit that counts characters does not pass.
    const filler = 'é'.repeat(Math.floor(roomBytes / 2)) + 'x'.repeat(roomBytes % 2);

    const saved = withGrant(textWith(filler));
    expect(Buffer.byteLength(saved)).toBe(65_536);
    expect(parseStoredSession(saved).refreshToken).toBe(token);
    expect(refusedText(textWith(`${filler}x`))).toMatchObject({
      code: 'session_invalid',
      message: expect.stringContaining('shorter by 1 bytes'),
    });
  });
});

describe('whatever the text is', () => {
  // As Blink's answer must have it, too.
  const token = fc
    .string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 50,
    })
    .filter((text) => v.is(tokenSchema, text));
  const grant = fc.record({
    refreshToken: token,
    oauthClient: fc.constantFrom('ios', 'android', 'amazon', '1234567'),
  });

  test('it is a session or a Failure named session_invalid', () => {
    const fragment = fc.constantFrom(
      'BLINK_TOKENS=',
      "'",
      '"',
      '|',
      '=',
      '%',
      '%zz',
      'refresh_token',
      'refreshToken',
      'host',
      '{',
      '}',
      '[',
      ':',
      ',',
      'null',
      '\\',
      ' ',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.array(fragment, { maxLength: 20 }).map((some) => some.join('')),
      fc
        .dictionary(
          fc.constantFrom(
            'refresh_token',
            'refreshToken',
            'client_id',
            'clientId',
            'account_id',
            'host',
            'tier',
            'hardware_id',
            'oauth_client_id',
          ),
          fc.jsonValue(),
        )
        .map((fields) => JSON.stringify(fields)),
    );
    fc.assert(
      fc.property(text, grant, (stored, given) => {
        try {
          expect(parseStoredSession(parseStoredSession(stored).withGrant(given)).refreshToken).toBe(
            given.refreshToken,
          );
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
          expect(error).toMatchObject({ code: 'session_invalid' });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('JSON keeps all that is not the grant, and takes the grant', () => {
    const extras = fc.dictionary(
      fc
        .string()
        .filter(
          (key) =>
            !/^(refresh_token|client_id|account_id|hardware_id|host|region_id|oauth_client_id)$/.test(key),
        ),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(
        extras,
        token,
        grant,
        fc.constantFrom(undefined, 2, '\t'),
        (fields, refresh_token, given, space) => {
          const before = { ...fields, refresh_token };
          const text = JSON.stringify(before, undefined, space);
          const after = JSON.parse(parseStoredSession(text).withGrant(given));
          expect(JSON.stringify(after)).toBe(
            JSON.stringify({
              ...JSON.parse(text),
              refresh_token: given.refreshToken,
              oauth_client_id: given.oauthClient,
            }),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  test('BLINK_TOKENS keep all that is not the grant, and take the grant', () => {
    const pair = fc
      .tuple(fc.stringMatching(/^[a-z0-9]{1,8}$/), fc.string({ unit: 'grapheme' }))
      .map(([key, value]) => `x_${key}=${encodeURIComponent(value).replaceAll("'", '%27')}`);
    fc.assert(
      fc.property(
        fc.array(pair),
        fc.array(pair),
        token,
        grant,
        fc.constantFrom('', "'", '"'),
        (left, right, old, given, quote) => {
          const textWith = (refreshToken: string, ...more: string[]) =>
            `BLINK_TOKENS=${quote}${[...left, `refresh_token=${encodeURIComponent(refreshToken).replaceAll("'", '%27')}`, ...right, ...more].join('|')}${quote}`;
          const session = parseStoredSession(textWith(old));
          expect(session.refreshToken).toBe(old);
          expect(session.withGrant(given)).toBe(
            textWith(given.refreshToken, `oauth_client_id=${given.oauthClient}`),
          );
        },
      ),
      { numRuns: 500 },
    );
  });
});
