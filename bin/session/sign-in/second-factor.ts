import { blinkFailure, isSuccess } from '../../../lambda/core/blink/blink-failure.ts';
import type { HttpResponse } from '../../../lambda/core/blink/http-exchange.ts';

export const VERIFY_URL = new URL('https://api.oauth.blink.com/oauth/v2/2fa/verify');

/** Blink's answer to a second factor's code. */
export type CodeAnswer = { readonly kind: 'accepted' } | { readonly kind: 'wrong_code' };

export function codeForm(code: string, csrfToken: string): Record<string, string> {
  return { '2fa_code': code, 'csrf-token': csrfToken, remember_me: 'false' };
}

/** Observed: 201 `{"status":"auth-completed"}`. */
export function processCodeResponse(response: HttpResponse): CodeAnswer {
  if (isSuccess(response)) return { kind: 'accepted' };
  switch (response.status) {
    case 400:
    case 401:
    case 403:
    case 412:
    case 422:
      return { kind: 'wrong_code' };
    default:
      throw blinkFailure('sign-in', response);
  }
}
