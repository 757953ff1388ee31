import { setJsonFields } from './set-json-fields.ts';
import { parseSnakeCaseFields } from './snake-case-fields.ts';
import type { StoredSession } from './stored-session.ts';
import { storedSessionOf } from './stored-session-of.ts';

/** If any of these is present, blinkpy saved the file. blinkpy signs in as `ios`. */
const FIELDS_OF_BLINKPY = ['host', 'region_id', 'uid', 'device_id', 'hardware_id'];

/**
 * The login that blinkpy and Home Assistant save, or only `{"refresh_token": …}`, as a Homebridge plugin saves it.
 * @param fields the parsed `text`
 */
export function parseBlinkpy(text: string, fields: Readonly<Record<string, unknown>>): StoredSession {
  const parsed = parseSnakeCaseFields(fields);
  const savedByBlinkpy = FIELDS_OF_BLINKPY.some((name) => Object.hasOwn(fields, name));
  const issuedTo = parsed.issuedTo ?? (savedByBlinkpy ? 'ios' : undefined);
  return storedSessionOf('blinkpy', { ...parsed, issuedTo }, ({ refreshToken, oauthClient }) =>
    setJsonFields(text, { refresh_token: refreshToken, oauth_client_id: oauthClient }),
  );
}
