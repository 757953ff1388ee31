import {
  BLINK_TOKENS,
  type Pair,
  pairOf,
  setPair,
  unwrap,
  withoutOtherLines,
} from '../../lambda/core/stored-session/blink-tokens.ts';
import type { StoredSession } from '../../lambda/core/stored-session/stored-session.ts';

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

type Values = Readonly<Record<string, string | number | undefined>>;

/** Password, second factor's code and access token: a logout does not need them, and an attacker could use them. */
const NEVER_STORED = ['password', '2fa_code', 'token', 'access_token', 'accessToken', 'twoFactorCode'];
const WITHOUT_NEVER_STORED: Values = Object.fromEntries(NEVER_STORED.map((name) => [name, undefined]));

/** Of an env file or of a key-and-value secret. */
const OTHERS = 'what is beside BLINK_TOKENS';

/** Homebridge's JSON: the only form with distinct names for the OAuth client and the numeric client id. */
export function newText(fields: OwnFields): string {
  return JSON.stringify(camelCase(fields));
}

export function withFields(text: string, form: StoredSession['form'], fields: OwnFields): string {
  const values = form === 'homebridge' ? camelCase(fields) : snakeCase(fields);
  const all = { ...WITHOUT_NEVER_STORED, ...values };
  if (form !== 'blink-tokens') return setInJson(text, all);
  const tokens = tokensIn(text);
  const set = setInPairs(tokens, all);
  return tokens === text ? set : setInJson(text, { [BLINK_TOKENS]: set });
}

/** The text to be stored, and the names of the fields with a value that it leaves out. */
export function withoutNeverStored(
  text: string,
  form: StoredSession['form'],
): { readonly text: string; readonly dropped: readonly string[] } {
  if (form !== 'blink-tokens') {
    const fields = jsonObject(text);
    return {
      text: setInJson(text, WITHOUT_NEVER_STORED),
      dropped: NEVER_STORED.filter((name) => fields[name]),
    };
  }
  const tokens = tokensIn(text);
  const assignment = withoutOtherLines(tokens);
  const names = pairsIn(assignment).flatMap(({ key, source }) => (source.endsWith('=') ? [] : [key]));
  const hasOtherKeys = tokens !== text && Object.keys(jsonObject(text)).length > 1;
  const hasOthers = hasOtherKeys || assignment !== tokens.trim();
  return {
    text: setInPairs(assignment, WITHOUT_NEVER_STORED),
    dropped: [...NEVER_STORED.filter((name) => names.includes(name)), ...(hasOthers ? [OTHERS] : [])],
  };
}

/** The console of Secrets Manager stores `BLINK_TOKENS` as the value of a key. */
function tokensIn(text: string): string {
  const value = text.trim().startsWith('{') ? jsonObject(text)[BLINK_TOKENS] : undefined;
  return typeof value === 'string' ? value : text;
}

function camelCase({ oauthClient, tier, ...others }: OwnFields): Values {
  return { ...others, oauthClientId: oauthClient, tier, region: tier };
}

function snakeCase({ refreshToken, oauthClient, hardwareId, accountId, clientId, tier }: OwnFields): Values {
  return {
    refresh_token: refreshToken,
    oauth_client_id: oauthClient,
    hardware_id: hardwareId,
    account_id: accountId,
    client_id: clientId,
    host: tier === undefined ? undefined : `${tier}.immedia-semi.com`,
    region_id: tier,
  };
}

/** `JSON.stringify` omits undefined values. */
function setInJson(text: string, values: Values): string {
  return JSON.stringify({ ...jsonObject(text), ...values });
}

function setInPairs(text: string, values: Values): string {
  const { before, after } = unwrap(text);
  const kept = pairsIn(text).filter(({ key }) => !Object.hasOwn(values, key) || values[key] !== undefined);
  const set = Object.entries(values).reduce<readonly Pair[]>(
    (pairs, [key, value]) => (value === undefined ? pairs : setPair(pairs, key, String(value))),
    kept,
  );
  return before + set.map(({ source }) => source).join('|') + after;
}

function pairsIn(text: string): readonly Pair[] {
  return unwrap(text).body.split('|').map(pairOf);
}

/** `trim` removes a byte order mark, too. */
function jsonObject(text: string): Readonly<Record<string, unknown>> {
  return JSON.parse(text.trim());
}
