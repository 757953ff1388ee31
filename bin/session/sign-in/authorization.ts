import { createHash, randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { blinkFailure, unusableAnswer } from '../../../lambda/core/blink/blink-failure.ts';
import type { HttpResponse } from '../../../lambda/core/blink/http-exchange.ts';
import { tokenSchema } from '../../../lambda/core/blink/token.ts';
import { isRedirect } from './browser.ts';

/** The authorization code grant (RFC 6749 section 4.1) as Blink's app for iOS asks for it. */

export const OAUTH_CLIENT = 'ios';
export const REDIRECT_URI = 'immedia-blink://applinks.blink.com/signin/callback';

const AUTHORIZE_URL = 'https://api.oauth.blink.com/oauth/v2/authorize';

/** For the Proof Key for Code Exchange (RFC 7636). */
export function createVerifier(): string {
  return randomBytes(32).toString('base64url');
}

/** The first page of a sign-in. */
export function authorizationUrl(hardwareId: string, verifier: string): URL {
  const url = new URL(AUTHORIZE_URL);
  url.search = new URLSearchParams({
    app_brand: 'blink',
    app_version: '50.1',
    client_id: OAUTH_CLIENT,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    device_brand: 'Apple',
    device_model: 'iPhone16,1',
    device_os_version: '26.1',
    hardware_id: hardwareId,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope: 'client',
  }).toString();
  return url;
}

/** Redirects to the app with the code after the sign-in. The parameters are in a cookie. */
export function authorizationCodeUrl(): URL {
  return new URL(AUTHORIZE_URL);
}

/** The code in the redirect to the app. */
export function processAuthorizationCodeResponse(response: HttpResponse): string {
  if (!isRedirect(response)) throw blinkFailure('sign-in', response);
  const { location = '' } = response.headers;
  const url = location.startsWith(`${REDIRECT_URI}?`) ? URL.parse(location) : null;
  const code = v.safeParse(tokenSchema, url?.searchParams.get('code'));
  if (!code.success)
    throw unusableAnswer('sign-in', response, 'contains no code, although the sign-in was accepted');
  return code.output;
}
