import * as v from 'valibot';
import { isBlinkTokens, parseBlinkTokens } from './blink-tokens.ts';
import { parseBlinkpy } from './blinkpy.ts';
import { parseHomebridge } from './homebridge.ts';
import { sessionInvalid } from './session-fields.ts';
import type { StoredSession } from './stored-session.ts';

/**
 * Secrets Manager takes 65,536 (AWS, PutSecretValue: SecretString). The rest is room for a refresh token that is longer than
 * the one before: a text that could not be saved with it is refused before anything is spent.
 */
const MAX_BYTES = 49_152;

const jsonSchema = v.pipe(v.string(), v.trim(), v.parseJson(), v.record(v.string(), v.unknown()));

/** Reads a secret's text in any of its forms. Failures are `session_invalid`: they name the field, and hold no value. */
export function parseStoredSession(text: string): StoredSession {
  if (Buffer.byteLength(text) > MAX_BYTES) throw sessionInvalid(`must be at most ${MAX_BYTES} bytes`);
  if (text.trimStart().startsWith('{')) return parseJson(text);
  if (isBlinkTokens(text)) return parseBlinkTokens(text);
  throw formUnknown();
}

function parseJson(text: string): StoredSession {
  const json = v.safeParse(jsonSchema, text);
  if (!json.success) throw sessionInvalid('begins as JSON does, but is not JSON');
  if (Object.hasOwn(json.output, 'refresh_token')) return parseBlinkpy(text, json.output);
  if (Object.hasOwn(json.output, 'refreshToken')) return parseHomebridge(text, json.output);
  throw formUnknown();
}

function formUnknown() {
  return sessionInvalid(
    'must be BLINK_TOKENS (key=value|… with refresh_token=…), ' +
      'or JSON as blinkpy saves it (with "refresh_token"), ' +
      'or JSON as Homebridge saves it (with "refreshToken")',
  );
}
