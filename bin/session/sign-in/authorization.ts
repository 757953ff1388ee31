import { createHash, randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { blinkFailure, unusableAnswer } from '../../../lambda/core/blink/blink-failure.ts';
import type { HttpResponse } from '../../../lambda/core/blink/http-exchange.ts';
import { tokenSchema } from '../../../lambda/core/blink/token.ts';
import { isRedirect } from './browser.ts';

/** The authorization code grant (RFC 6749 section 4.1) as Blink's apps for iOS and Android ask for it. */

export const IOS = {
  oauthClient: 'ios',
  redirectUri: 'immedia-blink://applinks.blink.com/signin/callback',
} as const;

export const ANDROID = {
  oauthClient: 'android',
  redirectUri: 'https://applinks.blink.com/signin/callback',
} as const;

export const BLINK_ORIGIN = 'https://api.oauth.blink.com';

/** In Blink's app, the client of a sign-in with a password has this name. */
export const IOS_DEVICE_MODEL = 'iPhone16,1';
/** In Blink's app, the client of a sign-in on Blink's page has this name. */
export const DEVICE_MODEL = 'blink-logout';

export interface AuthorizationRequest {
  /** Constant for an installation. Blink identifies the client by it. */
  readonly hardwareId: string;
  readonly verifier: string;
}

/** For the Proof Key for Code Exchange (RFC 7636), or for `state`: 256 random bits. */
export function createVerifier(): string {
  return randomBytes(32).toString('base64url');
}

/** The first page of a sign-in with a password. */
export function passwordAuthorizationUrl(request: AuthorizationRequest): URL {
  return authorizationUrl(BLINK_ORIGIN, IOS, request, {
    app_version: '50.1',
    device_brand: 'Apple',
    device_model: IOS_DEVICE_MODEL,
    device_os_version: '26.1',
  });
}

/**
 * Blink's page for a person's own browser (RFC 8252).
 * @param origin Blink's, or that of its stand-in
 */
export function pageAuthorizationUrl(origin: string, request: AuthorizationRequest, state: string): URL {
  return authorizationUrl(origin, ANDROID, request, {
    app_version: 'Version 57.1',
    dark_mode: 'false',
    device_brand: DEVICE_MODEL,
    device_model: DEVICE_MODEL,
    device_os_version: 'Android 14',
    prompt: 'login',
    state,
  });
}

function authorizationUrl(
  origin: string,
  { oauthClient, redirectUri }: typeof IOS | typeof ANDROID,
  { hardwareId, verifier }: AuthorizationRequest,
  ofApp: Readonly<Record<string, string>>,
): URL {
  const url = new URL('/oauth/v2/authorize', origin);
  const query = new URLSearchParams({
    app_brand: 'blink',
    client_id: oauthClient,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    hardware_id: hardwareId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'client',
    ...ofApp,
  });
  // The app writes a space as %20.
  url.search = query.toString().replaceAll('+', '%20');
  return url;
}

/** Redirects to the app with the code after the sign-in. The parameters are in a cookie. */
export function authorizationCodeUrl(): URL {
  return new URL('/oauth/v2/authorize', BLINK_ORIGIN);
}

/** The code in the redirect to the app. */
export function processAuthorizationCodeResponse(response: HttpResponse): string {
  if (!isRedirect(response)) throw blinkFailure('sign-in', response);
  const { location = '' } = response.headers;
  const url = location.startsWith(`${IOS.redirectUri}?`) ? URL.parse(location) : null;
  const code = v.safeParse(tokenSchema, url?.searchParams.get('code'));
  if (!code.success)
    throw unusableAnswer('sign-in', response, 'contains no code, although the sign-in was accepted');
  return code.output;
}
