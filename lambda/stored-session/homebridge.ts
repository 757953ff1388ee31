import * as v from 'valibot';
import {
  accountIdField,
  clientIdField,
  hardwareIdField,
  oauthClientField,
  parseFields,
  refreshTokenField,
  tierField,
} from './session-fields.ts';
import { setJsonFields } from './set-json-fields.ts';
import type { StoredSession } from './stored-session.ts';
import { storedSessionOf } from './stored-session-of.ts';

const schema = v.object({
  refreshToken: refreshTokenField,
  clientId: clientIdField,
  accountId: accountIdField,
  hardwareId: hardwareIdField,
  oauthClientId: oauthClientField,
  tier: tierField,
});
const regionSchema = v.object({ region: tierField });

/**
 * The token file of homebridge-blink-cameras-new-api, which signs in as `ios` unless it names another OAuth client.
 * Without `tier`, `region` is used.
 * @param fields the parsed `text`
 */
export function parseHomebridge(text: string, fields: Readonly<Record<string, unknown>>): StoredSession {
  const parsed = parseFields(schema, fields);
  const tier = parsed.tier ?? parseFields(regionSchema, fields).region;
  const issuedTo = parsed.oauthClientId ?? 'ios';
  return storedSessionOf('homebridge', { ...parsed, tier, issuedTo }, ({ refreshToken, oauthClient }) =>
    setJsonFields(text, { refreshToken, oauthClientId: oauthClient }),
  );
}
