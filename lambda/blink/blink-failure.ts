import * as v from 'valibot';
import { Failure, type FailureDetails } from '../failure.ts';
import { ExchangeError, type HttpResponse } from './http-exchange.ts';

/** What was asked of Blink, as failures tell it. */
export type Call = 'refresh' | 'account lookup' | 'client lookup' | 'logout' | 'sign-in';

/** Blink locks accounts for an hour (seen by users of several clients). */
const LOCK_SECONDS = 3_600;

const errorSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ code: v.pipe(v.number(), v.safeInteger()) }),
);

/** What Blink says to those whom it wants to be left alone by: an edge block, an old client, too many requests. */
const LEFT_ALONE_AFTER: readonly (number | undefined)[] = [406, 426, 429];

export function asksForRest({ details }: Failure): boolean {
  return LEFT_ALONE_AFTER.includes(details.blinkStatus);
}

export function isSuccess({ status }: HttpResponse): boolean {
  return status >= 200 && status < 300;
}

/** For an answer that is no success, and for none. */
export function blinkFailure(call: Call, end: HttpResponse | ExchangeError): Failure {
  if (end instanceof ExchangeError) return unansweredFailure(call, end);
  const message = `Blink answered the ${call} with status ${end.status}`;
  const details = answerDetails(end);
  if (end.status === 429) {
    return new Failure('too_many_logouts', message, {
      ...details,
      retryable: false,
      retryAfterSeconds: retryAfterSeconds(end),
    });
  }
  return new Failure(end.status >= 500 ? 'blink_unavailable' : 'blink_rejected', message, details);
}

/** For a success whose content is of no use. */
export function unusableAnswer(call: Call, response: HttpResponse, what: string): Failure {
  return new Failure('blink_rejected', `Blink's answer to the ${call} ${what}`, {
    blinkStatus: response.status,
  });
}

function unansweredFailure(call: Call, error: ExchangeError): Failure {
  if (error.progress === 'not_sent') {
    return new Failure('blink_unavailable', `Blink could not be reached for the ${call}`, { cause: error });
  }
  return error.timedOut
    ? new Failure('blink_timeout', `Blink did not answer the ${call} in time`, { cause: error })
    : new Failure('blink_unavailable', `the connection broke before Blink had answered the ${call}`, {
        cause: error,
      });
}

function answerDetails({ status, text }: HttpResponse): FailureDetails {
  const parsed = v.safeParse(errorSchema, text);
  return { blinkStatus: status, ...(parsed.success && { blinkCode: parsed.output.code }) };
}

/** Seconds alone; the date form of RFC 9110 section 10.2.3 has not been seen. */
function retryAfterSeconds({ headers }: HttpResponse): number {
  const value = headers['retry-after'] ?? '';
  const seconds = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  return seconds >= 1 && seconds <= 86_400 ? seconds : LOCK_SECONDS;
}
