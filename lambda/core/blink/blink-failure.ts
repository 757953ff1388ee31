import * as v from 'valibot';
import { Failure, type FailureDetails } from '../failure.ts';
import { ExchangeError, type HttpResponse } from './http-exchange.ts';

/** The request to Blink, as failures name it. */
export type Call = 'refresh' | 'account lookup' | 'client lookup' | 'client list' | 'logout' | 'sign-in';

/** The minimum wait before a rejected request is sent again. A longer `Retry-After` takes precedence. */
export const REJECTED_SECONDS = 600;
/** Blink locks a sign-in for an hour (reported by users of several clients). */
export const LOCK_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

const errorSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ code: v.pipe(v.number(), v.safeInteger()) }),
);

/** Statuses that concern the caller, not the request: an edge block, an old client, too many requests. */
const BACK_OFF_STATUSES: readonly (number | undefined)[] = [406, 426, 429];

/** The requests that must wait for `retryAfterSeconds`: none, the same request, or all of the session. */
export function coolDownAfter({ code, details }: Failure): 'nothing' | 'request' | 'session' {
  if (details.retryAfterSeconds === undefined) return 'nothing';
  return code === 'blink_rejected' && !BACK_OFF_STATUSES.includes(details.blinkStatus)
    ? 'request'
    : 'session';
}

export function isSuccess({ status }: HttpResponse): boolean {
  return status >= 200 && status < 300;
}

export function isNotFound(end: HttpResponse | ExchangeError): boolean {
  return !(end instanceof ExchangeError) && end.status === 404;
}

/** The successful answer. Throws the failure for any other end. */
export function successOf(call: Call, end: HttpResponse | ExchangeError): HttpResponse {
  if (end instanceof ExchangeError || !isSuccess(end)) throw blinkFailure(call, end);
  return end;
}

/** The failure for an unsuccessful answer or a missing one. */
export function blinkFailure(call: Call, end: HttpResponse | ExchangeError): Failure {
  if (end instanceof ExchangeError) return unansweredFailure(call, end);
  const message = `Blink answered the ${call} with status ${end.status}`;
  const asked = retryAfterSeconds(end);
  const details = answerDetails(end);
  if (end.status >= 500) {
    return new Failure('blink_unavailable', message, {
      ...details,
      ...(asked > 0 && { retryAfterSeconds: asked }),
    });
  }
  const seconds = Math.max(asked, call === 'sign-in' ? LOCK_SECONDS : REJECTED_SECONDS);
  return end.status === 429
    ? new Failure('rate_limited', message, { ...details, retryAfterSeconds: seconds })
    : new Failure('blink_rejected', message, { ...details, retryAfterSeconds: seconds });
}

/** The failure for a success whose content is unusable. */
export function unusableAnswer(call: Call, response: HttpResponse, what: string): Failure {
  return new Failure('blink_rejected', `Blink's answer to the ${call} ${what}`, {
    blinkStatus: response.status,
    retryAfterSeconds: REJECTED_SECONDS,
  });
}

function unansweredFailure(call: Call, error: ExchangeError): Failure {
  if (error.progress === 'not_sent') {
    return new Failure('blink_unavailable', `Blink could not be reached for the ${call}`, { cause: error });
  }
  return error.timedOut
    ? new Failure('blink_timeout', `Blink did not answer the ${call} in time`, { cause: error })
    : new Failure('blink_unavailable', `the connection broke before Blink answered the ${call}`, {
        cause: error,
      });
}

function answerDetails({ status, text }: HttpResponse): FailureDetails {
  const parsed = v.safeParse(errorSchema, text);
  return { blinkStatus: status, ...(parsed.success && { blinkCode: parsed.output.code }) };
}

/** Reads only seconds. Blink has not been seen to send the date form of RFC 9110 section 10.2.3. */
function retryAfterSeconds({ headers }: HttpResponse): number {
  const value = headers['retry-after'] ?? '';
  return /^\d+$/.test(value) ? Math.min(Number(value), DAY_SECONDS) : 0;
}
