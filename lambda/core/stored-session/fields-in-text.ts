import type { Failure } from '../failure.ts';
import { BLINK_TOKENS, fieldsInBlinkTokens, isBlinkTokens } from './blink-tokens.ts';
import { type StoredFields, sessionInvalid } from './stored-fields.ts';

/**
 * A byte order mark is not kept.
 * @throws {Failure} `session_invalid`
 */
export function fieldsInText(stored: string): StoredFields {
  const text = stored.replace(/^\uFEFF/, '');
  if (text.trimStart().startsWith('{')) return fieldsInJson(text);
  if (isBlinkTokens(text)) return fieldsInBlinkTokens(text);
  throw formUnknown();
}

/** The JSON of blinkpy and Home Assistant, of Homebridge, or with `BLINK_TOKENS` as a key. */
function fieldsInJson(text: string): StoredFields {
  const values = parseObject(text);
  const tokens = values[BLINK_TOKENS];
  if (typeof tokens === 'string') return fieldsInKey(tokens, values);
  return {
    form: formOf(values),
    values,
    read: (name) => values[name],
    withValues: (changed) => JSON.stringify({ ...values, ...changed }),
    alone: undefined,
  };
}

/** The console of Secrets Manager stores `BLINK_TOKENS` as a key and its value. */
function fieldsInKey(tokens: string, json: StoredFields['values']): StoredFields {
  const fields = fieldsInBlinkTokens(tokens);
  const hasOtherKeys = Object.keys(json).length > 1;
  return {
    ...fields,
    withValues: (changed) => JSON.stringify({ ...json, [BLINK_TOKENS]: fields.withValues(changed) }),
    alone: fields.alone ?? (hasOtherKeys ? tokens : undefined),
  };
}

/** What begins with a brace and is JSON is an object. */
function parseObject(text: string): StoredFields['values'] {
  try {
    return JSON.parse(text);
  } catch {
    throw sessionInvalid('the text begins like JSON, but is not JSON');
  }
}

/** A Homebridge plugin saves `refresh_token` alone, too. */
function formOf(values: StoredFields['values']): 'blinkpy' | 'homebridge' {
  if (Object.hasOwn(values, 'refresh_token')) return 'blinkpy';
  if (Object.hasOwn(values, 'refreshToken')) return 'homebridge';
  throw formUnknown();
}

function formUnknown(): Failure {
  return sessionInvalid(
    'the text has none of the three forms: BLINK_TOKENS (key=value|… with refresh_token=…), ' +
      'JSON as blinkpy saves it (with "refresh_token"), ' +
      'or JSON as Homebridge saves it (with "refreshToken")',
  );
}
