import * as v from 'valibot';
import { Failure } from '../failure.ts';
import type { Account } from './blink.ts';
import { blinkFailure, isNotFound, successOf, unusableAnswer } from './blink-failure.ts';
import { type Caller, callRest } from './caller.ts';
import type { ExchangeError, HttpResponse } from './http-exchange.ts';
import { idInPath } from './numeric-id.ts';

const answerSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ message: v.optional(v.unknown()), code: v.optional(v.unknown()) }),
);

/** External text is included only if it matches this pattern, which has neither an @ nor a digit. */
const plainWordsSchema = v.pipe(v.string(), v.regex(/^[A-Za-z][A-Za-z ._-]{0,39}$/));

/**
 * Ends the client's session. Uses the path of BlinkMonitorProtocol (`auth/logout.md`) first. If Blink answers 404, uses
 * the path of app versions 51 and later.
 */
export async function logOut(
  caller: Caller,
  accessToken: string,
  account: Account,
  clientId: string,
): Promise<{ readonly message: string }> {
  const accountPart = idInPath(account.accountId);
  const clientPart = idInPath(clientId);
  const post = (path: `/${string}`) => callRest('logout', caller, accessToken, account.tier, path);

  const { end, afterUnanswered } = await post(`/api/v4/account/${accountPart}/client/${clientPart}/logout`);
  if (!isNotFound(end)) return processLogoutResponse(end);
  const newer = await post(`/api/v4/clients/${clientPart}/logout`);
  // If a client is gone after an unanswered try, that try has logged it out.
  if (!isNotFound(newer.end)) return processLogoutResponse(newer.end);
  if (afterUnanswered || newer.afterUnanswered) return { message: '' };
  const { code, message, details } = blinkFailure('logout', newer.end);
  const advice =
    'the client was removed, or client_id is wrong: compare it with the clients in the Blink app';
  throw new Failure(code, `${message}: ${advice}`, details);
}

function processLogoutResponse(end: HttpResponse | ExchangeError): { readonly message: string } {
  const response = successOf('logout', end);
  if (response.text.trim() === '') return { message: '' };
  const parsed = v.safeParse(answerSchema, response.text);
  if (!parsed.success) throw unusableAnswer('logout', response, 'is no JSON object');
  // Blink's errors have a code, its success has none.
  if (parsed.output.code) throw blinkFailure('logout', response);
  const message = v.safeParse(plainWordsSchema, parsed.output.message);
  return { message: message.success ? message.output : '' };
}
