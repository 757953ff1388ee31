import { sessionInvalid } from './session-fields.ts';
import { parseSnakeCaseFields, SNAKE_CASE_FIELDS } from './snake-case-fields.ts';
import type { StoredSession } from './stored-session.ts';
import { storedSessionOf } from './stored-session-of.ts';

/** `BLINK_TOKENS='key=value|…'`: the prefix and the quotes may be there or not. */
const OPENING = /^(?:BLINK_TOKENS=)?(['"]?)/;

/** A pair between two bars; `key` is empty where there is no `=`. */
export interface Pair {
  readonly key: string;
  readonly source: string;
}

export function isBlinkTokens(text: string): boolean {
  return /^\s*BLINK_TOKENS=/.test(text) || /(?:^|[|'"\s])refresh_token=/.test(text);
}

/** The pipe-delimited form of BlinkMonitorProtocol: values are percent-encoded, and a `+` is a plus. */
export function parseBlinkTokens(text: string): StoredSession {
  const { before, body, after } = unwrap(text);
  const pairs = body.split('|').map(pairOf);
  const fields = SNAKE_CASE_FIELDS.flatMap((name) => {
    const pair = pairs.findLast(({ key }) => key === name);
    return pair === undefined ? [] : [[name, decode(name, pair.source)]];
  });

  return storedSessionOf(
    'blink-tokens',
    parseSnakeCaseFields(Object.fromEntries(fields)),
    ({ refreshToken, oauthClient }) => {
      const granted = setPair(setPair(pairs, 'refresh_token', refreshToken), 'oauth_client_id', oauthClient);
      return before + granted.map(({ source }) => source).join('|') + after;
    },
  );
}

/** The pairs, and what is around them: white space, prefix, quotes. */
export function unwrap(text: string): { before: string; body: string; after: string } {
  const content = text.trim();
  const [opening = '', quote = ''] = OPENING.exec(content) ?? [];
  if (!content.slice(opening.length).endsWith(quote)) {
    throw sessionInvalid('BLINK_TOKENS must end with the quote that it begins with');
  }
  const from = text.indexOf(content) + opening.length;
  const to = text.indexOf(content) + content.length - quote.length;
  return { before: text.slice(0, from), body: text.slice(from, to), after: text.slice(to) };
}

export function pairOf(source: string): Pair {
  return { key: source.slice(0, Math.max(0, source.indexOf('='))).trim(), source };
}

function decode(name: string, source: string): string {
  try {
    return decodeURIComponent(source.slice(source.indexOf('=') + 1));
  } catch {
    throw sessionInvalid(`${name} must be percent-encoded: % and two hexadecimal digits, in UTF-8`);
  }
}

export function setPair(pairs: readonly Pair[], key: string, value: string): readonly Pair[] {
  const pair = { key, source: `${key}=${encode(value)}` };
  if (!pairs.some((other) => other.key === key)) return [...pairs, pair];
  return pairs.map((other) => (other.key === key ? pair : other));
}

/** RFC 3986 section 2.3: with the quote, which `encodeURIComponent` leaves, encoded too. */
function encode(value: string): string {
  return encodeURIComponent(value).replaceAll("'", '%27');
}
