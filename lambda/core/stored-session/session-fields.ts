import * as v from 'valibot';
import { numericIdSchema } from '../blink/numeric-id.ts';
import { HOST_RULE, parseHost, parseTier, TIER_RULE } from '../blink/rest-host.ts';
import { tokenSchema } from '../blink/token.ts';
import { Failure } from '../failure.ts';

const OAUTH_CLIENT_RULE = 'must be 1 to 64 letters, digits, - or _, such as ios';
const HARDWARE_ID_RULE = 'must be 1 to 128 printable ASCII characters';

/** A session's fields, under the same names for all forms. */
export interface SessionFields {
  readonly refreshToken: string;
  readonly clientId?: string | undefined;
  readonly accountId?: number | undefined;
  readonly hardwareId?: string | undefined;
  /** The OAuth client that the refresh token was issued to, if known. */
  readonly issuedTo?: string | undefined;
  readonly tier?: string | undefined;
}

/** Blink answers these with 406 (seen with blinkpy and Home Assistant). */
const REFUSED_HARDWARE_IDS: readonly (string | undefined)[] = ['Blinkpy', 'Home Assistant'];

// Every message below is our own, because valibot's messages contain values.

const MISSING = 'is missing';

/** A session's fields in any form. */
export const FIELDS = {
  refreshToken: v.pipe(
    v.unknown(),
    v.check((token) => token !== null && token !== '', 'is empty: the client that saved it is signed out'),
    tokenSchema,
  ),
  clientId: unlessBlank(numericIdSchema),
  accountId: unlessBlank(v.pipe(numericIdSchema, v.transform(Number))),
  hardwareId: v.pipe(
    unlessBlank(v.pipe(v.string(HARDWARE_ID_RULE), v.regex(/^[\x20-\x7e]{1,128}$/, HARDWARE_ID_RULE))),
    v.transform((id) => (REFUSED_HARDWARE_IDS.includes(id) ? undefined : id)),
  ),
  oauthClient: unlessBlank(
    v.pipe(v.string(OAUTH_CLIENT_RULE), v.regex(/^[A-Za-z0-9_-]{1,64}$/, OAUTH_CLIENT_RULE)),
  ),
  host: unlessBlank(v.pipe(v.string(HOST_RULE), v.transform(parseHost), v.string(HOST_RULE))),
  tier: unlessBlank(v.pipe(v.string(TIER_RULE), v.transform(parseTier), v.string(TIER_RULE))),
};

/** Reports every unusable field and the accepted values, without the value itself. */
export function parseFields<Schema extends v.GenericSchema>(
  schema: Schema,
  fields: unknown,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, fields);
  if (parsed.success) return parsed.output;
  const faults = parsed.issues.map((issue) => `${v.getDotPath(issue)} ${issue.message}`);
  throw sessionInvalid(faults.join('; '));
}

const snakeCaseSchema = v.object(
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

export const SNAKE_CASE_FIELDS = Object.keys({ ...snakeCaseSchema.entries, ...regionSchema.entries });

/** The fields that `BLINK_TOKENS` and blinkpy's JSON share. Without `host`, `region_id` is used. */
export function parseSnakeCaseFields(fields: unknown): SessionFields {
  const parsed = parseFields(snakeCaseSchema, fields);
  return {
    refreshToken: parsed.refresh_token,
    clientId: parsed.client_id,
    accountId: parsed.account_id,
    hardwareId: parsed.hardware_id,
    issuedTo: parsed.oauth_client_id,
    tier: parsed.host ?? parseFields(regionSchema, fields).region_id,
  };
}

/** Other services' tokens have these, and Blink's have none of them (RFC 6749; Google's `authorized_user`; OpenID). */
const OF_OTHER_SERVICES =
  /^(client_?secret|(token|auth)_?ur[il]|id_?token|token_?endpoint|issuer|instance_?url|realm_?id)$/i;
/** Blink's own `scope` (blink-api, section 3). */
const SCOPE = 'client';

/** Throws if another service has issued the token. Blink must not receive it. */
export function requireOfBlink(fields: Readonly<Record<string, unknown>>): void {
  const foreign = Object.entries(fields)
    .filter(([name, value]) => (name === 'scope' ? !isScopeOfBlink(value) : OF_OTHER_SERVICES.test(name)))
    .map(([name]) => name);
  if (foreign.length > 0) {
    throw sessionInvalid(`the token is of another service: Blink has no ${foreign.join(', ')}`);
  }
}

function isScopeOfBlink(scope: unknown): boolean {
  return scope === null || scope === '' || String(scope).split(/[ ,]/).includes(SCOPE);
}

export function sessionInvalid(fault: string): Failure {
  return new Failure('session_invalid', `the session's secret: ${fault}`);
}

/** Treats an empty text and null as absent. */
function unlessBlank<Schema extends v.GenericSchema>(schema: Schema) {
  const blankToAbsent = v.transform((value) => (value === null || value === '' ? undefined : value));
  return v.optional(v.pipe(v.unknown(), blankToAbsent, v.optional(schema)));
}
