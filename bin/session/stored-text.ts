import { fieldsInText } from '../../lambda/core/stored-session/fields-in-text.ts';
import { namedFields } from '../../lambda/core/stored-session/session-fields.ts';
import type { FieldValues, StoredFields } from '../../lambda/core/stored-session/stored-fields.ts';

/**
 * The text of a session's secret as the commands write it: they keep its form and the fields that they do not know, and
 * leave out fields that must not be stored.
 */

/** The fields that a sign-in writes. Those that are `undefined` are removed. */
export interface OwnFields {
  readonly refreshToken: string;
  readonly oauthClient: string;
  readonly hardwareId: string;
  readonly accountId: number | undefined;
  readonly clientId: string | undefined;
  readonly tier: string | undefined;
}

/** Password, second factor's code and access token: a logout does not need them, and an attacker could use them. */
const NEVER_STORED = ['password', '2fa_code', 'token', 'access_token', 'accessToken', 'twoFactorCode'];
const WITHOUT_NEVER_STORED: FieldValues = Object.fromEntries(NEVER_STORED.map((name) => [name, undefined]));

/** Of an env file or of a key-and-value secret. */
const OTHERS = 'what is beside BLINK_TOKENS';

/** Homebridge's JSON: the only form with distinct names for the OAuth client and the numeric client id. */
export function newText(fields: OwnFields): string {
  return JSON.stringify(named('homebridge', fields));
}

export function withFields(text: string, fields: OwnFields): string {
  const stored = fieldsInText(text);
  return stored.withValues({ ...WITHOUT_NEVER_STORED, ...named(stored.form, fields) });
}

/** The text to be stored, and the names of the fields with a value that it leaves out. */
export function withoutNeverStored(text: string): {
  readonly text: string;
  readonly dropped: readonly string[];
} {
  const { alone } = fieldsInText(text);
  const stored = fieldsInText(alone ?? text);
  const dropped = NEVER_STORED.filter((name) => stored.values[name]);
  return {
    text: stored.withValues(WITHOUT_NEVER_STORED),
    dropped: alone === undefined ? dropped : [...dropped, OTHERS],
  };
}

function named(form: StoredFields['form'], { tier, ...fields }: OwnFields): FieldValues {
  const host = tier === undefined || form === 'homebridge' ? tier : `${tier}.immedia-semi.com`;
  return namedFields(form, { ...fields, tier: host, region: tier });
}
