import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { restUrl } from '../../../../lambda/core/blink/rest-call.ts';
import { tokenSchema } from '../../../../lambda/core/blink/token.ts';
import { Failure } from '../../../../lambda/core/failure.ts';
import { parseStoredSession } from '../../../../lambda/core/stored-session/parse-stored-session.ts';

/** Any UTF-16 code unit: fast-check's own strings of this kind take a second to prepare. */
const anyText = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
});
/** As Blink's answer must have it, too. */
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
const joined = (...pieces: string[]) =>
  fc.array(fc.constantFrom(...pieces), { maxLength: 20 }).map((some) => some.join(''));

/** The session; `undefined` if it is refused as it should be. */
function sessionIn(text: string) {
  try {
    return parseStoredSession(text);
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    expect(error).toMatchObject({ code: 'session_invalid' });
    return undefined;
  }
}

test('any text is a session that keeps a grant, or it is refused', () => {
  const names = ['refresh_token', 'refreshToken', 'client_id', 'clientId', 'account_id', 'host', 'tier'];
  const text = fc.oneof(
    anyText,
    fc.json(),
    joined(
      'BLINK_TOKENS=',
      "'",
      '"',
      '|',
      '=',
      '%',
      '%zz',
      ...names,
      '{',
      '}',
      '[',
      ':',
      ',',
      'null',
      '\\',
      ' ',
    ),
    fc
      .dictionary(fc.constantFrom(...names, 'hardware_id', 'oauth_client_id'), fc.jsonValue())
      .map((fields) => JSON.stringify(fields)),
  );
  fc.assert(
    fc.property(text, grant, (stored, given) => {
      const saved = sessionIn(stored)?.withGrant(given);
      if (saved !== undefined) expect(parseStoredSession(saved).refreshToken).toBe(given.refreshToken);
    }),
    { numRuns: 1_000, seed: 1 },
  );
});

test('a token is sent nowhere but to rest-<tier>.immedia-semi.com, whatever host is stored', () => {
  const host = fc.oneof(
    anyText,
    joined(
      'rest-',
      'e008',
      '.',
      'immedia-semi.com',
      'https://',
      '@',
      '/',
      '\\',
      ':',
      '#',
      '?',
      'evil.example',
      '%2e',
      'K',
      '\u212a',
      '\n',
      '\t',
    ),
  );
  fc.assert(
    fc.property(host, fc.constantFrom('host', 'region_id'), (value, field) => {
      const tier = sessionIn(JSON.stringify({ refresh_token: 'r', [field]: value }))?.tier;
      if (tier === undefined) return;
      expect(restUrl(tier, '/x').href).toMatch(/^https:\/\/rest-[a-z0-9]{2,16}\.immedia-semi\.com\/x$/);
    }),
    { numRuns: 1_000, seed: 1 },
  );
});

test('JSON keeps all that is not the grant, and takes the grant', () => {
  const ours = /^(refresh_token|client_id|account_id|hardware_id|host|region_id|oauth_client_id)$/;
  const extras = fc.dictionary(
    fc.string().filter((key) => !ours.test(key)),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(
      extras,
      token,
      grant,
      fc.constantFrom(undefined, 2, '\t'),
      (fields, refresh_token, given, space) => {
        const text = JSON.stringify({ ...fields, refresh_token }, undefined, space);
        const { refreshToken, oauthClient } = given;
        expect(parseStoredSession(text).withGrant(given)).toBe(
          JSON.stringify({ ...JSON.parse(text), refresh_token: refreshToken, oauth_client_id: oauthClient }),
        );
      },
    ),
    { numRuns: 300, seed: 1 },
  );
});

test('BLINK_TOKENS keep all that is not the grant, and take the grant', () => {
  const encode = (text: string) => encodeURIComponent(text).replaceAll("'", '%27');
  const pairs = fc.array(
    fc
      .tuple(fc.stringMatching(/^[a-z0-9]{1,8}$/), fc.string())
      .map(([key, value]) => `x_${key}=${encode(value)}`),
  );
  fc.assert(
    fc.property(
      pairs,
      pairs,
      token,
      grant,
      fc.constantFrom('', "'", '"'),
      (left, right, old, given, quote) => {
        const textWith = (refreshToken: string, ...more: string[]) =>
          `BLINK_TOKENS=${quote}${[...left, `refresh_token=${encode(refreshToken)}`, ...right, ...more].join('|')}${quote}`;
        const session = parseStoredSession(textWith(old));
        expect(session.refreshToken).toBe(old);
        expect(session.withGrant(given)).toBe(
          textWith(given.refreshToken, `oauth_client_id=${given.oauthClient}`),
        );
      },
    ),
    { numRuns: 300, seed: 1 },
  );
});
