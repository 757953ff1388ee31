import * as v from 'valibot';
import type { Account } from './blink.ts';
import { successOf, unusableAnswer } from './blink-failure.ts';
import { type ExchangeEnd, isSuccess } from './http-exchange.ts';
import { jsonIn } from './json-in.ts';
import { numericIdSchema } from './numeric-id.ts';
import { type Caller, callRest } from './rest-call.ts';
import { tierSchema } from './tier.ts';

/** Every host can look up every account. If one blocks the caller with 406, the next is asked. */
const OTHER_TIERS = ['prde', 'prsg', 'a001'];

const accountSchema = v.object({
  tier: tierSchema,
  account_id: v.pipe(numericIdSchema, v.transform(Number)),
});

async function lookUp(
  caller: Caller,
  accessToken: string,
  tier: string,
  path: `/${string}`,
): Promise<ExchangeEnd> {
  return (await callRest('lookup', caller, accessToken, tier, path)).end;
}

/** Looks up the host of the account's API (`tier_info`, as blinkpy does). */
export async function findAccount(caller: Caller, accessToken: string): Promise<Account> {
  const ask = (tier: string) => lookUp(caller, accessToken, tier, '/api/v1/users/tier_info');
  let end = await ask('prod');
  for (const tier of OTHER_TIERS) if (end.status === 406) end = await ask(tier);
  const response = successOf('account lookup', end);
  const found = jsonIn(response.text, accountSchema);
  if (found === undefined) throw unusableAnswer('account lookup', response, 'holds no tier and account id');
  return { tier: found.tier, accountId: found.account_id };
}

/** Looks up the client id of the access token: a response header of the home screen (seen in several clients). */
export async function findClientId(caller: Caller, accessToken: string, account: Account): Promise<string> {
  const response = successOf('client lookup', await homeScreen(caller, accessToken, account));
  const clientId = v.safeParse(numericIdSchema, response.headers['client-id']);
  if (clientId.success) return clientId.output;
  throw unusableAnswer('client lookup', response, 'names no client: store client_id in the secret');
}

function homeScreen(caller: Caller, accessToken: string, { tier, accountId }: Account): Promise<ExchangeEnd> {
  return lookUp(caller, accessToken, tier, `/api/v3/accounts/${accountId}/homescreen`);
}

/**
 * Asks for the account's clients as the app does: by the path of its newer versions first and, if that is not found, by the
 * path of the older ones. `asking` is the access token's own client.
 */
export async function clientList(
  caller: Caller,
  accessToken: string,
  { tier, accountId }: Account,
  asking: string,
): Promise<ExchangeEnd> {
  const get = (path: `/${string}`) => lookUp(caller, accessToken, tier, path);
  const list = `clients/${asking}/control_panel/clients`;
  const newer = await get(`/api/v1/${list}`);
  return newer.status === 404 ? get(`/api/v1/accounts/${accountId}/${list}`) : newer;
}

const clientsSchema = v.object({ clients: v.array(v.object({ id: numericIdSchema })) });

/**
 * Whether the account has the client. `undefined` if Blink does not give its list, or if the access token is of another
 * client than the asking one: then the secret's client id is wrong, and the token's client is still signed in.
 */
export async function hasClient(
  caller: Caller,
  accessToken: string,
  account: Account,
  asking: string,
  clientId: string,
): Promise<boolean | undefined> {
  const end = await clientList(caller, accessToken, account, asking);
  const list = end.status !== undefined && isSuccess(end) ? jsonIn(end.text, clientsSchema) : undefined;
  if (list === undefined) return undefined;
  const ids = list.clients.map(({ id }) => id);
  if (ids.includes(clientId)) return true;
  // The client that asks is signed in, so that a list without it is not the account's.
  if (clientId !== asking) return ids.includes(asking) ? false : undefined;
  const home = await homeScreen(caller, accessToken, account);
  const tokensClient = home.status === undefined ? undefined : home.headers['client-id'];
  return tokensClient === undefined || tokensClient === clientId ? false : undefined;
}
