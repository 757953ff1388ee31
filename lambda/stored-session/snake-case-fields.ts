import * as v from 'valibot';
import {
  accountIdField,
  clientIdField,
  hardwareIdField,
  hostField,
  MISSING,
  oauthClientField,
  parseFields,
  refreshTokenField,
  type SessionFields,
  tierField,
} from './session-fields.ts';

const schema = v.object(
  {
    refresh_token: refreshTokenField,
    client_id: clientIdField,
    account_id: accountIdField,
    hardware_id: hardwareIdField,
    oauth_client_id: oauthClientField,
    host: hostField,
  },
  MISSING,
);
const regionSchema = v.object({ region_id: tierField });

export const SNAKE_CASE_FIELDS = Object.keys({ ...schema.entries, ...regionSchema.entries });

/** The fields that `BLINK_TOKENS` and blinkpy's JSON share. Without `host`, `region_id` is used. */
export function parseSnakeCaseFields(fields: unknown): SessionFields {
  const parsed = parseFields(schema, fields);
  return {
    refreshToken: parsed.refresh_token,
    clientId: parsed.client_id,
    accountId: parsed.account_id,
    hardwareId: parsed.hardware_id,
    issuedTo: parsed.oauth_client_id,
    tier: parsed.host ?? parseFields(regionSchema, fields).region_id,
  };
}
