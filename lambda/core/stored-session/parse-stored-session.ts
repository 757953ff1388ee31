import * as v from 'valibot';
import { MAX_TOKEN_LENGTH } from '../blink/token.ts';
import { BLINK_TOKENS, isBlinkTokens, parseBlinkTokens } from './blink-tokens.ts';
import { parseBlinkpy, parseHomebridge } from './json-forms.ts';
import { requireOfBlink, sessionInvalid } from './session-fields.ts';
import type { StoredSession } from './stored-session.ts';

/** AWS, PutSecretValue: the maximum length of SecretString. */
export const MAX_SECRET_BYTES = 65_536;

/** The longest grant in each form: a quotation mark takes three bytes when percent-encoded, and two in JSON. */
const LONGEST_GRANT = { refreshToken: '"'.repeat(MAX_TOKEN_LENGTH), oauthClient: 'x'.repeat(64) };

const jsonSchema = v.pipe(v.string(), v.trim(), v.parseJson(), v.record(v.string(), v.unknown()));

/**
 * Parses a secret's text in any of its forms. Rejects a text that has no room for the longest refresh token.
 * @throws {Failure} `session_invalid`. It names the field, and contains no value.
 */
export function parseStoredSession(text: string): StoredSession {
  const stored = parseForm(text);
  const excessBytes = bytesOfLongestGrant(stored) - MAX_SECRET_BYTES;
  if (excessBytes <= 0) return stored;
  throw sessionInvalid(
    `must be shorter by ${excessBytes} bytes, so that the longest refresh token fits into the ${MAX_SECRET_BYTES} bytes of a secret`,
  );
}

/** JSON that is nested too deeply can be read, but not written. */
function bytesOfLongestGrant(stored: StoredSession): number {
  try {
    return Buffer.byteLength(stored.withGrant(LONGEST_GRANT));
  } catch (error) {
    if (error instanceof RangeError) throw sessionInvalid('must not be nested so deeply');
    throw error;
  }
}

/** A byte order mark is not kept. */
function parseForm(stored: string): StoredSession {
  const text = stored.replace(/^\uFEFF/, '');
  if (text.trimStart().startsWith('{')) return parseJson(text);
  if (isBlinkTokens(text)) return parseBlinkTokens(text);
  throw formUnknown();
}

function parseJson(text: string): StoredSession {
  const json = v.safeParse(jsonSchema, text);
  if (!json.success) throw sessionInvalid('the text begins like JSON, but is not JSON');
  const inConsole = json.output[BLINK_TOKENS];
  if (typeof inConsole === 'string') return parseKeyAndValue(json.output, inConsole);
  requireOfBlink(json.output);
  if (Object.hasOwn(json.output, 'refresh_token')) return parseBlinkpy(text, json.output);
  if (Object.hasOwn(json.output, 'refreshToken')) return parseHomebridge(text, json.output);
  throw formUnknown();
}

/** `BLINK_TOKENS` as the console of Secrets Manager stores a key and its value. */
function parseKeyAndValue(json: Readonly<Record<string, unknown>>, value: string): StoredSession {
  const session = parseBlinkTokens(value);
  return {
    ...session,
    withGrant: (grant) => JSON.stringify({ ...json, [BLINK_TOKENS]: session.withGrant(grant) }),
  };
}

function formUnknown() {
  return sessionInvalid(
    'the text has none of the three forms: BLINK_TOKENS (key=value|… with refresh_token=…), ' +
      'JSON as blinkpy saves it (with "refresh_token"), ' +
      'or JSON as Homebridge saves it (with "refreshToken")',
  );
}
