import { type FieldValues, type StoredFields, sessionInvalid } from './stored-fields.ts';

export const BLINK_TOKENS = 'BLINK_TOKENS';

/** The assignment as shells and env files write it, on a line of its own. `declare -x` is from `export -p` of Bash. */
const ASSIGNMENT = /^[ \t]*(?:(?:export|declare -x)[ \t]+)?BLINK_TOKENS=/gm;

/** In quotes, or without any. */
const VALUE = /^(?:'[^']*'|"[^"]*"|(?!['"])\S*)/;

/** What may follow the value on its line. */
const REST_OF_LINE = /^[ \t]*;?(?:[ \t]+#.*|[ \t]*)\r?(?:\n|$)/;

export function isBlinkTokens(text: string): boolean {
  return text.search(ASSIGNMENT) >= 0 || /(?:^|[|'"\s])refresh_token=/.test(text);
}

/** A pair between two bars. `key` is empty if there is no `=`. */
interface Pair {
  readonly key: string;
  readonly value: string;
  readonly source: string;
}

/** The pipe-delimited form of BlinkMonitorProtocol. Values are percent-encoded, and `+` stands for itself. */
export function fieldsInBlinkTokens(text: string): StoredFields {
  const { before, body, after } = unwrap(text);
  const pairs = body.split('|').map(pairOf);
  const values = Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
  // Env files have other secrets beside the assignment.
  const alone = `${before.split('\n').at(-1)?.trimStart()}${body}${/^['"]?/.exec(after)?.[0]}`;
  return {
    form: 'blink-tokens',
    values,
    read: (name) => decode(name, values[name]),
    withValues: (changed) => before + withPairs(pairs, changed).join('|') + after,
    alone: alone === text.trim() ? undefined : alone,
  };
}

/**
 * The pairs, and the text before and after them: quotes, the assignment, other lines. Without an assignment, the whole text
 * is the value.
 */
function unwrap(text: string): { readonly before: string; readonly body: string; readonly after: string } {
  const [assignment, another] = text.matchAll(ASSIGNMENT);
  if (another !== undefined) throw sessionInvalid('BLINK_TOKENS must be assigned only once');
  const from = assignment === undefined ? text.search(/\S|$/) : assignment.index + assignment[0].length;
  const rest = text.slice(from);
  const value = assignment === undefined ? rest.trimEnd() : VALUE.exec(rest)?.[0];
  const quote = /^['"]/.exec(rest)?.[0] ?? '';
  if (!value?.endsWith(quote)) {
    throw sessionInvalid('BLINK_TOKENS must end with the quote that it begins with');
  }
  if (assignment !== undefined && !REST_OF_LINE.test(rest.slice(value.length))) {
    throw sessionInvalid(
      'the value of BLINK_TOKENS must be in one pair of quotes, followed by nothing but a comment',
    );
  }
  const before = text.slice(0, from) + quote;
  const body = value.slice(quote.length, value.length - quote.length);
  return { before, body, after: text.slice(before.length + body.length) };
}

function pairOf(source: string): Pair {
  const key = source.slice(0, Math.max(0, source.indexOf('='))).trim();
  return { key, value: source.slice(source.indexOf('=') + 1), source };
}

/** An unencoded quote or backslash belongs to a shell syntax that is not supported here. */
function decode(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (/['"\\]/.test(value))
    throw sessionInvalid(`${name} must have its quotes and backslashes percent-encoded`);
  try {
    return decodeURIComponent(value);
  } catch {
    throw sessionInvalid(`${name} must be percent-encoded: % and two hexadecimal digits, in UTF-8`);
  }
}

function withPairs(pairs: readonly Pair[], changed: FieldValues): readonly string[] {
  const known = new Set(pairs.map(({ key }) => key));
  return [
    ...pairs.flatMap(({ key, source }) =>
      Object.hasOwn(changed, key) ? written(key, changed[key]) : source,
    ),
    ...Object.entries(changed).flatMap(([key, value]) => (known.has(key) ? [] : written(key, value))),
  ];
}

/** RFC 3986 section 2.3. `encodeURIComponent` does not encode the quote. */
function written(key: string, value: string | number | undefined): readonly string[] {
  return value === undefined ? [] : [`${key}=${encodeURIComponent(value).replaceAll("'", '%27')}`];
}
