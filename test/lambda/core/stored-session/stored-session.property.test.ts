import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { restUrl } from '../../../../lambda/core/blink/rest-call.ts';
import { tokenSchema } from '../../../../lambda/core/blink/token.ts';
import { parseStoredSession } from '../../../../lambda/core/stored-session/parse-stored-session.ts';

const RUNS = { numRuns: 300, seed: 1 };

/** Any UTF-16 code unit: fast-check's own strings of this kind take a second to prepare. */
const anyText = textOf(0, 0xffff);
/** As Blink's answer must have it, too. */
const token = textOf(0x21, 0x7e).filter((text) => v.is(tokenSchema, text));
const grant = fc.record({
  refreshToken: token,
  oauthClient: fc.constantFrom('ios', 'android', 'amazon', '1234567'),
});

function textOf(min: number, max: number) {
  return fc.string({
    unit: fc.integer({ min, max }).map((code) => String.fromCharCode(code)),
    maxLength: 50,
  });
}

function joined(pieces: readonly string[]) {
  return fc.array(fc.constantFrom(...pieces), { maxLength: 20 }).map((some) => some.join(''));
}

/** The session; `undefined` if it is refused as it should be. */
function sessionIn(text: string) {
  try {
    return parseStoredSession(text);
  } catch (error) {
    expect(error).toMatchObject({ code: 'session_invalid' });
    return undefined;
  }
}

test('any text is a session that keeps a grant, or it is refused', () => {
  const names = ['refresh_token', 'refreshToken', 'client_id', 'clientId', 'account_id', 'host', 'tier'];
  const pieces = ['BLINK_TOKENS=', ...'\'"|=%{}[:,\\ ', '%zz', 'null', ...names];
  const someFields = fc.dictionary(
    fc.constantFrom(...names, 'hardware_id', 'oauth_client_id'),
    fc.jsonValue(),
  );
  const text = fc.oneof(
    anyText,
    fc.json(),
    joined(pieces),
    someFields.map((fields) => JSON.stringify(fields)),
  );
  const keepsGrant = fc.property(text, grant, (stored, given) => {
    const saved = sessionIn(stored)?.withGrant(given);
    if (saved !== undefined) expect(parseStoredSession(saved).refreshToken).toBe(given.refreshToken);
  });
  fc.assert(keepsGrant, RUNS);
});

test('a token is sent nowhere but to rest-<tier>.immedia-semi.com, whatever host is stored', () => {
  const pieces = [
    'rest-',
    'e008',
    'immedia-semi.com',
    'https://',
    'evil.example',
    '%2e',
    ...'.@/\\:#?K\u212a\n\t',
  ];
  const host = fc.oneof(anyText, joined(pieces));
  const isOfBlink = fc.property(host, fc.constantFrom('host', 'region_id'), (value, field) => {
    const tier = sessionIn(JSON.stringify({ refresh_token: 'r', [field]: value }))?.tier;
    if (tier === undefined) return;
    expect(restUrl(tier, '/x').href).toMatch(/^https:\/\/rest-[a-z0-9]{2,16}\.immedia-semi\.com\/x$/);
  });
  fc.assert(isOfBlink, RUNS);
});

test('JSON keeps all that is not the grant, and takes the grant', () => {
  const ours = /^(refresh_token|client_id|account_id|hardware_id|host|region_id|oauth_client_id)$/;
  const name = fc.string().filter((key) => !ours.test(key));
  const space = fc.constantFrom(undefined, 2, '\t');
  const keeps = fc.property(fc.dictionary(name, fc.jsonValue()), grant, space, (fields, given, indent) => {
    const text = JSON.stringify({ ...fields, refresh_token: 'r' }, undefined, indent);
    const { refreshToken, oauthClient } = given;
    expect(parseStoredSession(text).withGrant(given)).toBe(
      JSON.stringify({ ...JSON.parse(text), refresh_token: refreshToken, oauth_client_id: oauthClient }),
    );
  });
  fc.assert(keeps, RUNS);
});

test('BLINK_TOKENS keep all that is not the grant, and take the grant', () => {
  const encode = (text: string) => encodeURIComponent(text).replaceAll("'", '%27');
  const pair = fc
    .tuple(fc.stringMatching(/^[a-z0-9]{1,8}$/), fc.string())
    .map(([key, value]) => `x_${key}=${encode(value)}`);
  const pairs = fc.array(pair);
  const quotes = fc.constantFrom('', "'", '"');
  const keep = fc.property(pairs, pairs, token, grant, quotes, (left, right, old, given, quote) => {
    const textWith = (refreshToken: string, ...more: string[]) => {
      const all = [...left, `refresh_token=${encode(refreshToken)}`, ...right, ...more];
      return `BLINK_TOKENS=${quote}${all.join('|')}${quote}`;
    };
    const session = parseStoredSession(textWith(old));
    expect(session.refreshToken).toBe(old);
    expect(session.withGrant(given)).toBe(
      textWith(given.refreshToken, `oauth_client_id=${given.oauthClient}`),
    );
  });
  fc.assert(keep, RUNS);
});
