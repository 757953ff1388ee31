import * as v from 'valibot';
import { Failure } from '../failure.ts';
import { type ExchangeEnd, type ExchangeError, type HttpResponse, isSuccess } from './http-exchange.ts';
import { jsonIn } from './json-in.ts';

/** The request to Blink, as failures name it. */
export type Call = 'refresh' | 'account lookup' | 'client lookup' | 'client list' | 'logout' | 'sign-in';

/** The minimum wait before a rejected request is sent again. A longer `Retry-After` takes precedence. */
export const REJECTED_SECONDS = 600;
/** Blink locks a sign-in for an hour (reported by users of several clients). */
export const LOCK_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

const errorSchema = v.object({ code: v.pipe(v.number(), v.safeInteger()) });

/** Statuses that concern the caller, not the request: an edge block, an old client, too many requests. */
const BACK_OFF_STATUSES: readonly (number | undefined)[] = [406, 426, 429];

/** The requests that must wait for `retryAfterSeconds`: none, the same request, or all of the session. */
export function coolDownAfter({ code, details }: Failure): 'nothing' | 'request' | 'session' {
  if (details.retryAfterSeconds === undefined) return 'nothing';
  return code === 'blink_rejected' && !BACK_OFF_STATUSES.includes(details.blinkStatus)
    ? 'request'
    : 'session';
}

/** The successful answer. Throws the failure for any other end. */
export function successOf(call: Call, end: ExchangeEnd): HttpResponse {
  if (end.status !== undefined && isSuccess(end)) return end;
  throw blinkFailure(call, end);
}

/** The failure for an unsuccessful answer or a missing one. */
export function blinkFailure(call: Call, end: ExchangeEnd): Failure {
  if (end.status === undefined) return unansweredFailure(call, end);
  const message = `Blink answered the ${call} with status ${end.status}`;
  const asked = retryAfterSeconds(end);
  const blinkCode = jsonIn(end.text, errorSchema)?.code;
  const details = { blinkStatus: end.status, ...(blinkCode !== undefined && { blinkCode }) };
  if (end.status >= 500) {
    const wait = asked > 0 ? { retryAfterSeconds: asked } : {};
    return new Failure('blink_unavailable', message, { ...details, ...wait });
  }
  const seconds = Math.max(asked, call === 'sign-in' ? LOCK_SECONDS : REJECTED_SECONDS);
  const code = end.status === 429 ? 'rate_limited' : 'blink_rejected';
  return new Failure(code, message, { ...details, retryAfterSeconds: seconds });
}

/** The failure for a success whose content is unusable. */
export function unusableAnswer(call: Call, response: HttpResponse, what: string): Failure {
  return new Failure('blink_rejected', `Blink's answer to the ${call} ${what}`, {
    blinkStatus: response.status,
    retryAfterSeconds: REJECTED_SECONDS,
  });
}

function unansweredFailure(call: Call, cause: ExchangeError): Failure {
  if (cause.progress === 'not_sent') {
    return new Failure('blink_unavailable', `Blink could not be reached for the ${call}`, { cause });
  }
  return cause.code === 'ETIMEDOUT'
    ? new Failure('blink_timeout', `Blink did not answer the ${call} in time`, { cause })
    : new Failure('blink_unavailable', `the connection broke before Blink answered the ${call}`, { cause });
}

/** Reads only seconds. Blink has not been seen to send the date form of RFC 9110 section 10.2.3. */
function retryAfterSeconds({ headers }: HttpResponse): number {
  const value = headers['retry-after'] ?? '';
  return /^\d+$/.test(value) ? Math.min(Number(value), DAY_SECONDS) : 0;
}
