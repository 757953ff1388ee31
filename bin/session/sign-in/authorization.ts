import { createHash, randomBytes } from 'node:crypto';
import * as v from 'valibot';
import type { Grant } from '../../../lambda/core/blink/blink.ts';
import { successOf, unusableAnswer } from '../../../lambda/core/blink/blink-failure.ts';
import type { BlinkRequest, ExchangeEnd } from '../../../lambda/core/blink/http-exchange.ts';
import { jsonIn } from '../../../lambda/core/blink/json-in.ts';
import { tokenSchema } from '../../../lambda/core/blink/token.ts';
import { tokenRequest } from '../../../lambda/core/blink/token-request.ts';

/**
 * The authorization code grant (RFC 6749 section 4.1) with a Proof Key for Code Exchange (RFC 7636), as Blink's apps for iOS
 * and Android use it.
 */

export const BLINK_ORIGIN = 'https://api.oauth.blink.com';

export const IOS = {
  oauthClient: 'ios',
  redirectUri: 'immedia-blink://applinks.blink.com/signin/callback',
  /** In Blink's app, the client has this name. */
  deviceModel: 'iPhone16,1',
  device: { app_version: '50.1', device_brand: 'Apple', device_os_version: '26.1' },
} as const;

export const ANDROID = {
  oauthClient: 'android',
  redirectUri: 'https://applinks.blink.com/signin/callback',
  deviceModel: 'blink-logout',
  device: {
    app_version: 'Version 57.1',
    dark_mode: 'false',
    device_brand: 'blink-logout',
    device_os_version: 'Android 14',
    prompt: 'login',
  },
} as const;

type App = typeof IOS | typeof ANDROID;

export interface AuthorizationRequest {
  /** Constant for an installation. Blink identifies the client by it. */
  readonly hardwareId: string;
  readonly verifier: string;
  /** Comes back with the code, if it is given. */
  readonly state?: string;
}

/** For a verifier or a `state`: 256 random bits. */
export function randomText(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * The first page of a sign-in.
 * @param origin Blink's, or that of its stand-in
 */
export function authorizationUrl(app: App, origin: string, request: AuthorizationRequest): URL {
  const url = new URL('/oauth/v2/authorize', origin);
  const query = new URLSearchParams({
    app_brand: 'blink',
    client_id: app.oauthClient,
    code_challenge: createHash('sha256').update(request.verifier).digest('base64url'),
    code_challenge_method: 'S256',
    hardware_id: request.hardwareId,
    redirect_uri: app.redirectUri,
    response_type: 'code',
    scope: 'client',
    device_model: app.deviceModel,
    ...app.device,
    ...(request.state !== undefined && { state: request.state }),
  });
  // The app writes a space as %20.
  url.search = query.toString().replaceAll('+', '%20');
  return url;
}

/** The code for tokens. Android's app sends exactly the five fields of RFC 6749 and RFC 7636. */
export function codeExchangeRequest(
  app: App,
  code: string,
  { verifier, hardwareId }: AuthorizationRequest,
  userAgent: string,
): BlinkRequest {
  const form = {
    grant_type: 'authorization_code',
    redirect_uri: app.redirectUri,
    code,
    code_verifier: verifier,
    client_id: app.oauthClient,
    ...(app === IOS && { app_brand: 'blink', hardware_id: hardwareId, scope: 'client' }),
  };
  return tokenRequest(form, userAgent, 10_000);
}

const grantSchema = v.object({ access_token: tokenSchema, refresh_token: tokenSchema });

export function processCodeExchangeResponse({ oauthClient }: App, end: ExchangeEnd): Grant {
  const response = successOf('sign-in', end);
  const grant = jsonIn(response.text, grantSchema);
  if (grant === undefined) throw unusableAnswer('sign-in', response, 'holds no usable tokens');
  return { accessToken: grant.access_token, refreshToken: grant.refresh_token, oauthClient };
}
