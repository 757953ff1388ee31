import * as v from 'valibot';
import { Failure } from '../failure.ts';
import type { Account } from './blink.ts';
import { blinkFailure, successOf, unusableAnswer } from './blink-failure.ts';
import type { ExchangeEnd } from './http-exchange.ts';
import { jsonIn } from './json-in.ts';
import { type Caller, callRest } from './rest-call.ts';

const answerSchema = v.object({ message: v.optional(v.unknown()), code: v.optional(v.unknown()) });

/** External text is included only if it matches this pattern, which has neither an @ nor a digit. */
const plainWordsSchema = v.pipe(v.string(), v.regex(/^[A-Za-z][A-Za-z ._-]{0,39}$/));

/**
 * Ends the client's session. Uses the path of BlinkMonitorProtocol (`auth/logout.md`) first. If Blink answers 404, uses
 * the path of app versions 51 and later.
 */
export async function logOut(
  caller: Caller,
  accessToken: string,
  { tier, accountId }: Account,
  clientId: string,
): Promise<{ readonly message: string }> {
  const post = (path: `/${string}`) => callRest('logout', caller, accessToken, tier, path);

  const { end, afterUnanswered } = await post(`/api/v4/account/${accountId}/client/${clientId}/logout`);
  if (end.status !== 404) return processLogoutResponse(end);
  const newer = await post(`/api/v4/clients/${clientId}/logout`);
  // If a client is gone after an unanswered try, that try has logged it out.
  if (newer.end.status !== 404) return processLogoutResponse(newer.end);
  if (afterUnanswered || newer.afterUnanswered) return { message: '' };
  const { code, message, details } = blinkFailure('logout', newer.end);
  const advice =
    'the client was removed, or client_id is wrong: compare it with the clients in the Blink app';
  throw new Failure(code, `${message}: ${advice}`, details);
}

function processLogoutResponse(end: ExchangeEnd): { readonly message: string } {
  const response = successOf('logout', end);
  if (response.text.trim() === '') return { message: '' };
  const answer = jsonIn(response.text, answerSchema);
  if (answer === undefined) throw unusableAnswer('logout', response, 'is no JSON object');
  // Blink's errors have a code, its success has none.
  if (answer.code) throw blinkFailure('logout', response);
  return { message: v.is(plainWordsSchema, answer.message) ? answer.message : '' };
}
