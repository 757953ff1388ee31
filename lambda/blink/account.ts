import * as v from 'valibot';
import type { Account } from './blink.ts';
import { blinkFailure, isSuccess, unusableAnswer } from './blink-failure.ts';
import { bearerHeaders, type Caller } from './caller.ts';
import { ExchangeError, type HttpRequest, type HttpResponse } from './http-exchange.ts';
import { numericIdSchema } from './numeric-id.ts';
import { parseTier, restUrl } from './rest-host.ts';
import { sendAndRepeat } from './retry.ts';

export const LOOKUP_TIMEOUT_MS = 5_000;

/** Every host can look up every account. If one blocks the caller with 406, the next is asked. */
const OTHER_TIERS = ['prde', 'prsg', 'a001'];

const answerSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    tier: v.pipe(v.string(), v.transform(parseTier), v.string()),
    account_id: v.pipe(numericIdSchema, v.transform(Number)),
  }),
);

/** Looks up the host of the account's API (`tier_info`, as blinkpy does). */
export async function findAccount(caller: Caller, accessToken: string): Promise<Account> {
  const ask = async (tier: string) =>
    (await sendAndRepeat('lookup', caller, accountRequest(caller, accessToken, tier))).end;
  let end = await ask('prod');
  for (const tier of OTHER_TIERS) {
    if (end instanceof ExchangeError || end.status !== 406) break;
    end = await ask(tier);
  }
  return processAccountResponse(end);
}

function accountRequest(caller: Caller, accessToken: string, tier: string): HttpRequest {
  return {
    method: 'GET',
    url: restUrl(tier, '/api/v1/users/tier_info'),
    headers: bearerHeaders(caller, accessToken),
    timeoutMs: LOOKUP_TIMEOUT_MS,
  };
}

function processAccountResponse(end: HttpResponse | ExchangeError): Account {
  if (end instanceof ExchangeError || !isSuccess(end)) throw blinkFailure('account lookup', end);
  const parsed = v.safeParse(answerSchema, end.text);
  if (!parsed.success) throw unusableAnswer('account lookup', end, 'holds no tier and account id');
  return { tier: parsed.output.tier, accountId: parsed.output.account_id };
}
