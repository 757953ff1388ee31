/** Every way in which a run can fail, as its callers see it (HTTP statuses: `run/http-status.ts`). */
export type FailureCode =
  | 'request_invalid'
  | 'unauthenticated'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_too_large'
  | 'session_unknown'
  | 'session_busy'
  | 'too_many_logouts'
  | 'session_invalid'
  | 'save_failed'
  | 'secrets_unavailable'
  | 'reauthentication_required'
  | 'blink_rejected'
  | 'blink_unavailable'
  | 'blink_timeout'
  | 'internal_error';

/** What may be told about a failure beyond its code. No field can hold foreign text. */
export interface FailureDetails {
  /** The same request may be sent again and may then succeed without anybody's doing. */
  readonly retryable?: boolean;
  readonly retryAfterSeconds?: number;
  /** Why a sign-in is needed: see the runbook. */
  readonly reason?: ReauthenticationReason;
  /** Blink's HTTP status. */
  readonly blinkStatus?: number;
  /** Blink's own numeric code, such as 101 (blink-api.md section 1). */
  readonly blinkCode?: number;
  /** The AWS error's name, such as `AccessDeniedException`. */
  readonly awsError?: string;
}

export type ReauthenticationReason =
  | 'refused_by_blink'
  | 'second_factor_wanted'
  | 'lost_between_refresh_and_save'
  | 'takeovers_exhausted';

const RETRYABLE: ReadonlySet<FailureCode> = new Set([
  'session_busy',
  'secrets_unavailable',
  'blink_unavailable',
  'blink_timeout',
]);

/** The one error that leaves `lambda/`. Its message is ours, constant but for names and numbers. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly details: FailureDetails;

  constructor(code: FailureCode, message: string, details: FailureDetails & { cause?: unknown } = {}) {
    const { cause, ...told } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.name = code;
    this.code = code;
    this.details = told;
  }

  get retryable(): boolean {
    return this.details.retryable ?? RETRYABLE.has(this.code);
  }
}
