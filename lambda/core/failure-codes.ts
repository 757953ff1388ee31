import { CLAIM_LIFE_SECONDS } from './claim-life.ts';

export interface FailureTraits {
  /** The webhook's HTTP status and title. */
  readonly status: number;
  readonly title: string;
  /** The same request may succeed later without intervention. A single failure may override this. */
  readonly retryable: boolean;
  /** The default for failures that state no time. */
  readonly retryAfterSeconds?: number;
  /** Of the run's event. */
  readonly level: 'WARN' | 'ERROR';
  /**
   * What reports a failure that is not retried: an alarm of its own, or the alarm `failed-for-good`. That one covers
   * `every run` of the webhook and the schedule if no caller can fix the cause, else only a `scheduled run`, because other
   * callers get the reply.
   */
  readonly alarm: 'own' | 'every run' | 'scheduled run';
}

const CALLER_ERROR = { retryable: false, level: 'WARN', alarm: 'scheduled run' } as const;
const TEMPORARY = { retryable: true, level: 'WARN', alarm: 'scheduled run' } as const;
const LOUD = { retryable: false, level: 'ERROR', alarm: 'own' } as const;

/** All ways in which a run can fail. The key is the code that callers, logs and alarms use. */
export const FAILURES = {
  request_invalid: { status: 400, title: 'Malformed request', ...CALLER_ERROR },
  unauthenticated: { status: 401, title: 'Missing or wrong credentials', ...CALLER_ERROR },
  forbidden: { status: 403, title: 'The key is not for this request', ...CALLER_ERROR },
  not_found: { status: 404, title: 'No such route', ...CALLER_ERROR },
  method_not_allowed: { status: 405, title: 'The route accepts only POST', ...CALLER_ERROR },
  request_too_large: { status: 413, title: 'The body is too large', ...CALLER_ERROR },
  session_unknown: { status: 404, title: 'No such session', ...CALLER_ERROR },
  session_busy: {
    status: 409,
    title: 'Another run holds the session',
    ...TEMPORARY,
    retryAfterSeconds: CLAIM_LIFE_SECONDS,
  },
  // Not a 5xx, which invites senders to retry.
  reauthentication_required: { status: 409, title: 'A new sign-in is required', ...LOUD },
  rate_limited: { status: 429, title: 'Blink limits the rate', ...CALLER_ERROR },
  cooling_down: { status: 429, title: 'Blink is left alone for a while', ...CALLER_ERROR },
  secret_full: { status: 429, title: 'The secret has no room for another version', ...CALLER_ERROR },
  session_invalid: {
    status: 500,
    title: 'The stored session is unusable',
    ...CALLER_ERROR,
    alarm: 'every run',
  },
  save_failed: { status: 500, title: 'The new refresh token could not be saved', ...LOUD },
  internal_error: { status: 500, title: 'Internal error', ...LOUD, alarm: 'every run' },
  blink_rejected: { status: 502, title: 'Blink rejected the request', ...CALLER_ERROR, alarm: 'every run' },
  secrets_unavailable: { status: 503, title: 'Secrets Manager is unavailable', ...TEMPORARY },
  blink_unavailable: { status: 503, title: 'Blink is unavailable', ...TEMPORARY },
  blink_timeout: { status: 504, title: 'Blink did not answer in time', ...TEMPORARY },
} as const satisfies Record<string, FailureTraits>;

export type FailureCode = keyof typeof FAILURES;
