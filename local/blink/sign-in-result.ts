import type { Answer } from '../loopback-server.ts';
import { html, json, NOT_ACCEPTABLE, oauthError } from './answers.ts';
import type { PendingSignIn } from './pending-sign-ins.ts';

/** How a step of a sign-in ends that does not finish it. */
export type SignInResult =
  | { readonly kind: 'password_wanted' | 'code_wanted' | 'locked' | 'wrong_code' }
  | { readonly kind: 'wrong_password'; readonly username: string }
  /** Blink answers a password with 412 or 202, and a request for another code with 200. */
  | { readonly kind: 'code_sent'; readonly status: 200 | 202 | 412; readonly resendAfterSeconds: number }
  | { readonly kind: 'resend_too_early'; readonly seconds: number };

/** Where the stand-in sends codes to. */
export const PHONE = '+1xxxxxxxx12';

/** What blinkpy and the app for iOS get. */
export function toScriptAnswer({ csrfToken }: PendingSignIn, result: SignInResult): Answer {
  switch (result.kind) {
    case 'password_wanted':
    case 'code_wanted':
      return html(
        200,
        `<!doctype html><title>Sign in</title><script id="oauth-args" type="application/json">${JSON.stringify({ 'csrf-token': csrfToken })}</script>`,
      );
    case 'locked':
      return NOT_ACCEPTABLE;
    case 'wrong_password':
      return oauthError(401, 'access_denied');
    case 'code_sent':
      return json(result.status, {
        next_time_in_secs: result.resendAfterSeconds,
        phone: PHONE,
        tsv_state: 'sms',
      });
    case 'wrong_code':
      return json(400, { error: 'Verification Code is invalid or expired' });
    case 'resend_too_early':
      return json(429, {
        error: 'too_many_requests',
        error_cause: '2fa_rate_limit_exceeded',
        next_time_in_secs: result.seconds,
      });
  }
}
