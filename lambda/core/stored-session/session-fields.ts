import * as v from 'valibot';
import { numericIdSchema } from '../blink/numeric-id.ts';
import { tierSchema } from '../blink/tier.ts';
import { tokenSchema } from '../blink/token.ts';
import { type FieldValues, type StoredFields, sessionInvalid } from './stored-fields.ts';

// Every message below is our own, because valibot's messages contain values.
const OAUTH_CLIENT_RULE = 'must be 1 to 64 letters, digits, - or _, such as ios';
const HARDWARE_ID_RULE = 'must be 1 to 128 printable ASCII characters';

/** Blink answers these with 406 (seen with blinkpy and Home Assistant). */
const REFUSED_HARDWARE_IDS: readonly (string | undefined)[] = ['Blinkpy', 'Home Assistant'];

/** A session's fields, under the same names for all forms. */
const fieldsSchema = v.object({
  refreshToken: v.pipe(
    v.unknown(),
    v.check((token) => token !== undefined, 'is missing'),
    v.check((token) => token !== null && token !== '', 'is empty: the client that saved it is signed out'),
    tokenSchema,
  ),
  clientId: unlessBlank(numericIdSchema),
  accountId: unlessBlank(v.pipe(numericIdSchema, v.transform(Number))),
  hardwareId: v.pipe(
    unlessBlank(v.pipe(v.string(HARDWARE_ID_RULE), v.regex(/^[\x20-\x7e]{1,128}$/, HARDWARE_ID_RULE))),
    v.transform((id) => (REFUSED_HARDWARE_IDS.includes(id) ? undefined : id)),
  ),
  /** The OAuth client that the refresh token was issued to, if known. */
  oauthClient: unlessBlank(
    v.pipe(v.string(OAUTH_CLIENT_RULE), v.regex(/^[A-Za-z0-9_-]{1,64}$/, OAUTH_CLIENT_RULE)),
  ),
  tier: unlessBlank(tierSchema),
});

/** The names of the fields in `BLINK_TOKENS` and in blinkpy's JSON, and in Homebridge's. Without `tier`, `region` is used. */
const NAMES = {
  refreshToken: ['refresh_token', 'refreshToken'],
  clientId: ['client_id', 'clientId'],
  accountId: ['account_id', 'accountId'],
  hardwareId: ['hardware_id', 'hardwareId'],
  oauthClient: ['oauth_client_id', 'oauthClientId'],
  tier: ['host', 'tier'],
  region: ['region_id', 'region'],
} as const;

function namesIn(form: StoredFields['form']): Map<string | null, string> {
  const names = Object.entries(NAMES);
  return new Map(
    names.map(([field, [snakeCase, camelCase]]) => [field, form === 'homebridge' ? camelCase : snakeCase]),
  );
}

/** The values by the names that they have in the form. */
export function namedFields(
  form: StoredFields['form'],
  values: Partial<Record<keyof typeof NAMES, string | number | undefined>>,
): FieldValues {
  const names = namesIn(form);
  return Object.fromEntries(
    Object.entries(values).map(([field, value]) => [names.get(field) ?? field, value]),
  );
}

/** Reports every unusable field and the accepted values, without the value itself. */
export function parseFields(stored: StoredFields): v.InferOutput<typeof fieldsSchema> {
  requireOfBlink(stored.values);
  const names = namesIn(stored.form);
  const read = (field: string) => stored.read(names.get(field) ?? field);
  if (isBlank(read('tier'))) names.set('tier', names.get('region') ?? '');
  const values = Object.keys(fieldsSchema.entries).map((field) => [field, read(field)]);
  const parsed = v.safeParse(fieldsSchema, Object.fromEntries(values));
  if (parsed.success) return parsed.output;
  const faults = parsed.issues.map((issue) => `${names.get(v.getDotPath(issue))} ${issue.message}`);
  throw sessionInvalid(faults.join('; '));
}

/** Other services' tokens have these, and Blink's have none of them (RFC 6749; Google's `authorized_user`; OpenID). */
const OF_OTHER_SERVICES =
  /^(client_?secret|(token|auth)_?ur[il]|id_?token|token_?endpoint|issuer|instance_?url|realm_?id)$/i;
/** Blink's own `scope` (blink-api, section 3). */
const SCOPE = 'client';

/** Throws if another service has issued the token. Blink must not receive it. */
function requireOfBlink(fields: StoredFields['values']): void {
  const foreign = Object.entries(fields)
    .filter(([name, value]) => (name === 'scope' ? !isScopeOfBlink(value) : OF_OTHER_SERVICES.test(name)))
    .map(([name]) => name);
  if (foreign.length > 0) {
    throw sessionInvalid(`the token is of another service: Blink has no ${foreign.join(', ')}`);
  }
}

function isScopeOfBlink(scope: unknown): boolean {
  return isBlank(scope) || String(scope).split(/[ ,]/).includes(SCOPE);
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** Treats an empty text and null as absent. */
function unlessBlank<Schema extends v.GenericSchema>(schema: Schema) {
  const blankToAbsent = v.transform((value) => (isBlank(value) ? undefined : value));
  return v.optional(v.pipe(v.unknown(), blankToAbsent, v.optional(schema)));
}
