import type { Failure } from '../failure.ts';
import { parseSnakeCaseFields, requireOfBlink, SNAKE_CASE_FIELDS, sessionInvalid } from './session-fields.ts';
import { type StoredSession, storedSessionOf } from './stored-session.ts';

export const BLINK_TOKENS = 'BLINK_TOKENS';

/** The assignment as shells and env files write it, on a line of its own. `declare -x` is from `export -p` of Bash. */
const ASSIGNMENT = /^[ \t]*(?:(?:export|declare -x)[ \t]+)?BLINK_TOKENS=/gm;

/** What may follow the value on its line. */
const REST_OF_LINE = /^[ \t]*;?(?:[ \t]+#.*|[ \t]*)\r?(?:\n|$)/;

/** A pair between two bars. `key` is empty if there is no `=`. */
export interface Pair {
  readonly key: string;
  readonly source: string;
}

export function isBlinkTokens(text: string): boolean {
  return text.search(ASSIGNMENT) >= 0 || /(?:^|[|'"\s])refresh_token=/.test(text);
}

/** The pipe-delimited form of BlinkMonitorProtocol. Values are percent-encoded, and `+` stands for itself. */
export function parseBlinkTokens(text: string): StoredSession {
  const { before, body, after } = unwrap(text);
  const pairs = body.split('|').map(pairOf);
  requireOfBlink(
    Object.fromEntries(pairs.map(({ key, source }) => [key, source.slice(source.indexOf('=') + 1)])),
  );
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

/** The pairs, and the text before and after them: quotes, the assignment, other lines. */
export function unwrap(text: string): { before: string; body: string; after: string } {
  const { from, to } = valueIn(text);
  const quote = /^['"]/.exec(text.slice(from, to))?.[0] ?? '';
  const body = { from: from + quote.length, to: to - quote.length };
  if (body.from > body.to || !text.slice(from, to).endsWith(quote)) throw unterminated();
  return {
    before: text.slice(0, body.from),
    body: text.slice(body.from, body.to),
    after: text.slice(body.to),
  };
}

/** The assignment alone: env files have other secrets beside it. */
export function withoutOtherLines(text: string): string {
  const { before, body, after } = unwrap(text);
  return `${before.split('\n').at(-1)?.trimStart()}${body}${/^['"]?/.exec(after)?.[0]}`;
}

/** Where the value is, with its quotes. Without an assignment, the whole text is the value. */
function valueIn(text: string): { readonly from: number; readonly to: number } {
  const [assignment, another] = text.matchAll(ASSIGNMENT);
  if (another !== undefined) throw sessionInvalid('BLINK_TOKENS must be assigned only once');
  if (assignment === undefined) {
    const from = text.length - text.trimStart().length;
    return { from, to: from + text.trim().length };
  }
  const from = assignment.index + assignment[0].length;
  const value = /^(?:'[^']*'|"[^"]*"|(?!['"])\S*)/.exec(text.slice(from));
  if (value === null) throw unterminated();
  const to = from + value[0].length;
  if (REST_OF_LINE.test(text.slice(to))) return { from, to };
  throw sessionInvalid(
    'the value of BLINK_TOKENS must be in one pair of quotes, followed by nothing but a comment',
  );
}

function unterminated(): Failure {
  return sessionInvalid('BLINK_TOKENS must end with the quote that it begins with');
}

export function pairOf(source: string): Pair {
  return { key: source.slice(0, Math.max(0, source.indexOf('='))).trim(), source };
}

/** An unencoded quote or backslash belongs to a shell syntax that is not supported here. */
function decode(name: string, source: string): string {
  const value = source.slice(source.indexOf('=') + 1);
  if (/['"\\]/.test(value))
    throw sessionInvalid(`${name} must have its quotes and backslashes percent-encoded`);
  try {
    return decodeURIComponent(value);
  } catch {
    throw sessionInvalid(`${name} must be percent-encoded: % and two hexadecimal digits, in UTF-8`);
  }
}

export function setPair(pairs: readonly Pair[], key: string, value: string): readonly Pair[] {
  const pair = { key, source: `${key}=${encode(value)}` };
  if (!pairs.some((other) => other.key === key)) return [...pairs, pair];
  return pairs.map((other) => (other.key === key ? pair : other));
}

/** RFC 3986 section 2.3. `encodeURIComponent` does not encode the quote. */
function encode(value: string): string {
  return encodeURIComponent(value).replaceAll("'", '%27');
}
