import type { FailureCode } from '../failure.ts';

/** Every failure's HTTP status and title: the one table of them. */
export const HTTP_PROBLEMS: Readonly<
  Record<FailureCode, { readonly status: number; readonly title: string }>
> = {
  request_invalid: { status: 400, title: 'The request is not of the form' },
  unauthenticated: { status: 401, title: 'The credentials are missing or wrong' },
  not_found: { status: 404, title: 'There is no such route' },
  method_not_allowed: { status: 405, title: 'The route takes POST alone' },
  request_too_large: { status: 413, title: 'The body is too large' },
  session_unknown: { status: 404, title: 'There is no such session' },
  session_busy: { status: 409, title: 'Another run is at work on the session' },
  too_many_logouts: { status: 429, title: 'Too many logouts' },
  session_invalid: { status: 500, title: 'The stored session cannot be used' },
  save_failed: { status: 500, title: 'The new refresh token could not be saved' },
  internal_error: { status: 500, title: 'Something went wrong' },
  reauthentication_required: { status: 502, title: 'A new sign-in is needed' },
  blink_rejected: { status: 502, title: 'Blink said no' },
  secrets_unavailable: { status: 503, title: 'Secrets Manager could not be used' },
  blink_unavailable: { status: 503, title: 'Blink could not be reached' },
  blink_timeout: { status: 504, title: 'Blink did not answer in time' },
};
