import { FAILURES, type FailureCode, type FailureTraits } from './failure-codes.ts';

/** The details of a failure for callers and the log. No field can hold external text. */
export interface FailureDetails {
  /** Overrides the code's own: the same request may succeed later without intervention. */
  readonly retryable?: boolean;
  readonly retryAfterSeconds?: number;
  /** Why a sign-in is required: see the runbook. */
  readonly reason?: ReauthenticationReason;
  /** Blink's HTTP status. */
  readonly blinkStatus?: number;
  /** Blink's own numeric code, such as 101. */
  readonly blinkCode?: number;
  /** The AWS error's name, such as `AccessDeniedException`. */
  readonly awsError?: string;
  /** Why the secret of the webhook’s keys lets nobody in, in words of our own. For the log alone. */
  readonly keysFault?: string;
}

export type ReauthenticationReason =
  | 'refused_by_blink'
  | 'second_factor_wanted'
  | 'lost_between_refresh_and_save';

/** The only error that callers of `lambda/core` expect. The message is constant except for names and numbers. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly details: FailureDetails;

  constructor(code: FailureCode, message: string, details: FailureDetails & { cause?: unknown } = {}) {
    const { cause, ...rest } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.name = code;
    this.code = code;
    this.details = rest;
  }

  get retryable(): boolean {
    return this.details.retryable ?? FAILURES[this.code].retryable;
  }

  get retryAfterSeconds(): number | undefined {
    const traits: FailureTraits = FAILURES[this.code];
    return this.details.retryAfterSeconds ?? traits.retryAfterSeconds;
  }
}
