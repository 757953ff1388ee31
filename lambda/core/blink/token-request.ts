import type { BlinkRequest } from './http-exchange.ts';

export const TOKEN_URL = new URL('https://api.oauth.blink.com/oauth/token');

/** A request to Blink's token endpoint (RFC 6749 section 3.2), for any grant. */
export function tokenRequest(
  form: Readonly<Record<string, string>>,
  userAgent: string,
  timeoutMs: number,
): BlinkRequest {
  return {
    method: 'POST',
    url: TOKEN_URL,
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      Accept: '*/*',
      'User-Agent': userAgent,
    },
    body: new URLSearchParams(form).toString(),
    timeoutMs,
  };
}
