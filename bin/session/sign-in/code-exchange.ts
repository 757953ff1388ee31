import * as v from 'valibot';
import type { Grant } from '../../../lambda/core/blink/blink.ts';
import { blinkFailure, isSuccess, unusableAnswer } from '../../../lambda/core/blink/blink-failure.ts';
import type { BlinkRequest, HttpResponse } from '../../../lambda/core/blink/http-exchange.ts';
import { tokenSchema } from '../../../lambda/core/blink/token.ts';
import { tokenRequest } from '../../../lambda/core/blink/token-request.ts';
import { ANDROID, type AuthorizationRequest, IOS } from './authorization.ts';

/** The authorization code for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5), as each of Blink's apps sends it. */

const TIMEOUT_MS = 10_000;

const grantSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ access_token: tokenSchema, refresh_token: tokenSchema }),
);

const invalidGrantSchema = v.pipe(v.string(), v.parseJson(), v.object({ error: v.literal('invalid_grant') }));

export function iosExchangeRequest(
  code: string,
  { verifier, hardwareId }: AuthorizationRequest,
  userAgent: string,
): BlinkRequest {
  const form = {
    ...formOf(IOS, code, verifier),
    app_brand: 'blink',
    hardware_id: hardwareId,
    scope: 'client',
  };
  return tokenRequest(form, userAgent, TIMEOUT_MS);
}

/** Exactly these five fields. */
export function androidExchangeRequest(code: string, verifier: string, userAgent: string): BlinkRequest {
  return tokenRequest(formOf(ANDROID, code, verifier), userAgent, TIMEOUT_MS);
}

function formOf({ oauthClient, redirectUri }: typeof IOS | typeof ANDROID, code: string, verifier: string) {
  return {
    grant_type: 'authorization_code',
    redirect_uri: redirectUri,
    code,
    code_verifier: verifier,
    client_id: oauthClient,
  };
}

export function processCodeExchangeResponse(
  response: HttpResponse,
  { oauthClient }: typeof IOS | typeof ANDROID,
): Grant {
  if (!isSuccess(response)) throw blinkFailure('sign-in', response);
  const parsed = v.safeParse(grantSchema, response.text);
  if (!parsed.success) throw unusableAnswer('sign-in', response, 'holds no usable tokens');
  const { access_token: accessToken, refresh_token: refreshToken } = parsed.output;
  return { accessToken, refreshToken, oauthClient };
}

/** Blink refuses the code: it is used up, too old, or issued to another request. */
export function isInvalidGrant({ status, text }: HttpResponse): boolean {
  return (status === 400 || status === 401) && v.is(invalidGrantSchema, text);
}
