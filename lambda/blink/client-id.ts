import * as v from 'valibot';
import { LOOKUP_TIMEOUT_MS } from './account.ts';
import type { Account } from './blink.ts';
import { blinkFailure, isSuccess, unusableAnswer } from './blink-failure.ts';
import { bearerHeaders, type Caller } from './caller.ts';
import { ExchangeError, type HttpRequest, type HttpResponse } from './http-exchange.ts';
import { idInPath, numericIdSchema } from './numeric-id.ts';
import { restUrl } from './rest-host.ts';
import { sendAndRepeat } from './retry.ts';

/** Looks up the client id of the access token: a response header of the home screen (seen in several clients). */
export async function findClientId(caller: Caller, accessToken: string, account: Account): Promise<string> {
  const { end } = await sendAndRepeat('lookup', caller, clientIdRequest(caller, accessToken, account));
  return processClientIdResponse(end);
}

function clientIdRequest(caller: Caller, accessToken: string, { tier, accountId }: Account): HttpRequest {
  return {
    method: 'GET',
    url: restUrl(tier, `/api/v3/accounts/${idInPath(accountId)}/homescreen`),
    headers: bearerHeaders(caller, accessToken),
    timeoutMs: LOOKUP_TIMEOUT_MS,
  };
}

function processClientIdResponse(end: HttpResponse | ExchangeError): string {
  if (end instanceof ExchangeError || !isSuccess(end)) throw blinkFailure('client lookup', end);
  const parsed = v.safeParse(numericIdSchema, end.headers['client-id']);
  if (!parsed.success) {
    throw unusableAnswer('client lookup', end, 'names no client: store client_id in the secret');
  }
  return parsed.output;
}
