import * as v from 'valibot';
import { FIELDS, MISSING, parseFields, type SessionFields } from './session-fields.ts';

const schema = v.object(
  {
    refresh_token: FIELDS.refreshToken,
    client_id: FIELDS.clientId,
    account_id: FIELDS.accountId,
    hardware_id: FIELDS.hardwareId,
    oauth_client_id: FIELDS.oauthClient,
    host: FIELDS.host,
  },
  MISSING,
);
const regionSchema = v.object({ region_id: FIELDS.tier });

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
