import * as v from 'valibot';
import { FIELDS, parseFields, parseSnakeCaseFields } from './session-fields.ts';
import { type StoredSession, storedSessionOf } from './stored-session.ts';

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
    withFields(text, { refresh_token: refreshToken, oauth_client_id: oauthClient }),
  );
}

const homebridgeSchema = v.object({
  refreshToken: FIELDS.refreshToken,
  clientId: FIELDS.clientId,
  accountId: FIELDS.accountId,
  hardwareId: FIELDS.hardwareId,
  oauthClientId: FIELDS.oauthClient,
  tier: FIELDS.tier,
});
const regionSchema = v.object({ region: FIELDS.tier });

/**
 * The token file of homebridge-blink-cameras-new-api, which signs in as `ios` unless it names another OAuth client.
 * Without `tier`, `region` is used.
 * @param fields the parsed `text`
 */
export function parseHomebridge(text: string, fields: Readonly<Record<string, unknown>>): StoredSession {
  const parsed = parseFields(homebridgeSchema, fields);
  const tier = parsed.tier ?? parseFields(regionSchema, fields).region;
  const issuedTo = parsed.oauthClientId ?? 'ios';
  return storedSessionOf('homebridge', { ...parsed, tier, issuedTo }, ({ refreshToken, oauthClient }) =>
    withFields(text, { refreshToken, oauthClientId: oauthClient }),
  );
}

/** The object with these fields, and every other one as it was, in its order. */
function withFields(text: string, fields: Readonly<Record<string, string>>): string {
  const stored: object = JSON.parse(text);
  return JSON.stringify({ ...stored, ...fields });
}
