import { MAX_TOKEN_LENGTH } from '../blink/token.ts';
import { fieldsInText } from './fields-in-text.ts';
import { namedFields, parseFields } from './session-fields.ts';
import { type StoredFields, sessionInvalid } from './stored-fields.ts';
import type { StoredSession } from './stored-session.ts';

/** AWS, PutSecretValue: the maximum length of SecretString. */
export const MAX_SECRET_BYTES = 65_536;

/** The longest grant in each form: a quotation mark takes three bytes when percent-encoded, and two in JSON. */
const LONGEST_GRANT = { refreshToken: '"'.repeat(MAX_TOKEN_LENGTH), oauthClient: 'x'.repeat(64) };

/**
 * Parses a secret's text in any of its forms. Rejects a text that has no room for the longest refresh token.
 * @throws {Failure} `session_invalid`. It names the field, and contains no value.
 */
export function parseStoredSession(text: string): StoredSession {
  const stored = fieldsInText(text);
  const { oauthClient: issuedTo, ...fields } = parseFields(stored);
  const session: StoredSession = {
    ...fields,
    form: stored.form,
    oauthClients: oauthClientsInOrder(issuedTo ?? likelyIssuedTo(stored, fields.hardwareId), fields.clientId),
    withGrant: ({ refreshToken, oauthClient }) =>
      stored.withValues(namedFields(stored.form, { refreshToken, oauthClient })),
  };
  const excessBytes = bytesOfLongestGrant(session) - MAX_SECRET_BYTES;
  if (excessBytes <= 0) return session;
  throw sessionInvalid(
    `must be shorter by ${excessBytes} bytes, so that the longest refresh token fits into the ${MAX_SECRET_BYTES} bytes of a secret`,
  );
}

/** JSON that is nested too deeply can be read, but not written. */
function bytesOfLongestGrant(session: StoredSession): number {
  try {
    return Buffer.byteLength(session.withGrant(LONGEST_GRANT));
  } catch (error) {
    if (error instanceof RangeError) throw sessionInvalid('must not be nested so deeply');
    throw error;
  }
}

/** If any of these is present, blinkpy saved the file. */
const FIELDS_OF_BLINKPY = ['host', 'region_id', 'uid', 'device_id', 'hardware_id'];

/** blinkpy and the Homebridge plugin sign in as `ios`, which has a hardware id. */
function likelyIssuedTo({ form, values }: StoredFields, hardwareId: string | undefined): string {
  const savedByBlinkpy = form === 'blinkpy' && FIELDS_OF_BLINKPY.some((name) => Object.hasOwn(values, name));
  return form === 'homebridge' || savedByBlinkpy || hardwareId !== undefined ? 'ios' : 'android';
}

/** The OAuth clients of Blink's own apps. */
const OAUTH_CLIENTS = ['ios', 'android', 'amazon'];

/** The numeric client id is last: BlinkMonitorProtocol sends it, but no working client does. */
function oauthClientsInOrder(first: string, clientId: string | undefined): StoredSession['oauthClients'] {
  return [first, ...OAUTH_CLIENTS.concat(clientId ?? []).filter((name) => name !== first)];
}
