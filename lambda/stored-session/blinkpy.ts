import { setJsonFields } from './set-json-fields.ts';
import { parseSnakeCaseFields } from './snake-case-fields.ts';
import type { StoredSession } from './stored-session.ts';
import { storedSessionOf } from './stored-session-of.ts';

/** Any of these tells that blinkpy saved the file, and blinkpy signs in as `ios`. */
const FIELDS_OF_BLINKPY = ['host', 'region_id', 'uid', 'device_id', 'hardware_id'];

/**
 * blinkpy's saved login, whose keys Home Assistant keeps; or `{"refresh_token": …}` alone, as a Homebridge plugin has it.
 * @param fields what `text` holds
 */
export function parseBlinkpy(text: string, fields: Readonly<Record<string, unknown>>): StoredSession {
  const parsed = parseSnakeCaseFields(fields);
  const savedByBlinkpy = FIELDS_OF_BLINKPY.some((name) => Object.hasOwn(fields, name));
  const issuedTo = parsed.issuedTo ?? (savedByBlinkpy ? 'ios' : undefined);
  return storedSessionOf('blinkpy', { ...parsed, issuedTo }, ({ refreshToken, oauthClient }) =>
    setJsonFields(text, { refresh_token: refreshToken, oauth_client_id: oauthClient }),
  );
}
