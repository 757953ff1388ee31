import * as v from 'valibot';
import { blinkFailure } from '../../../lambda/core/blink/blink-failure.ts';
import type { HttpResponse } from '../../../lambda/core/blink/http-exchange.ts';
import { isRedirect } from './browser.ts';

/** Blink's answer to an e-mail address and a password. */
export type PasswordAnswer =
  | { readonly kind: 'accepted' }
  | {
      readonly kind: 'second_factor_wanted';
      /** How Blink has sent the code. */
      readonly method: 'sms' | 'email' | 'unknown';
      readonly resendAfterSeconds: number;
    }
  | { readonly kind: 'wrong_password' };

const RESEND_AFTER_SECONDS = 60;

const secondFactorSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    tsv_state: v.optional(v.unknown()),
    tsv_methods: v.optional(v.unknown()),
    next_time_in_secs: v.optional(v.unknown()),
  }),
);
const secondsSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3_600));
/** Such as `{"error":"bad_request","error_cause":"empty_cookies"}`: the fault is in the form, not in the password. */
const badFormSchema = v.pipe(v.string(), v.parseJson(), v.object({ error: v.literal('bad_request') }));

export function passwordForm(email: string, password: string, csrfToken: string): Record<string, string> {
  return { username: email, password, 'csrf-token': csrfToken };
}

export function processPasswordResponse(response: HttpResponse): PasswordAnswer {
  if (isRedirect(response)) return { kind: 'accepted' };
  switch (response.status) {
    case 412:
      return secondFactorWanted(response) ?? UNKNOWN_SECOND_FACTOR;
    case 202: {
      const wanted = secondFactorWanted(response);
      if (wanted !== undefined) return wanted;
      throw blinkFailure('sign-in', response);
    }
    case 400:
      if (v.is(badFormSchema, response.text)) throw blinkFailure('sign-in', response);
      return { kind: 'wrong_password' };
    case 401:
    case 403:
    case 422:
      return { kind: 'wrong_password' };
    default:
      throw blinkFailure('sign-in', response);
  }
}

const UNKNOWN_SECOND_FACTOR = {
  kind: 'second_factor_wanted',
  method: 'unknown',
  resendAfterSeconds: RESEND_AFTER_SECONDS,
} as const;

/** Any of the fields is enough; none of them is shown. */
function secondFactorWanted({ text }: HttpResponse): PasswordAnswer | undefined {
  const parsed = v.safeParse(secondFactorSchema, text);
  if (!parsed.success || Object.keys(parsed.output).length === 0) return undefined;
  const { tsv_state: method, next_time_in_secs } = parsed.output;
  const seconds = v.safeParse(secondsSchema, next_time_in_secs);
  return {
    kind: 'second_factor_wanted',
    method: method === 'sms' || method === 'email' ? method : 'unknown',
    resendAfterSeconds: seconds.success ? seconds.output : RESEND_AFTER_SECONDS,
  };
}
