import * as v from 'valibot';
import type { Grant } from '../../../lambda/core/blink/blink.ts';
import { blinkFailure, isSuccess, unusableAnswer } from '../../../lambda/core/blink/blink-failure.ts';
import type { BlinkRequest, HttpResponse } from '../../../lambda/core/blink/http-exchange.ts';
import { tokenSchema } from '../../../lambda/core/blink/token.ts';
import { tokenRequest } from '../../../lambda/core/blink/token-request.ts';
import { OAUTH_CLIENT, REDIRECT_URI } from './authorization.ts';

/** The authorization code for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5). */

const TIMEOUT_MS = 10_000;

const grantSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ access_token: tokenSchema, refresh_token: tokenSchema }),
);

export interface CodeExchange {
  readonly code: string;
  readonly verifier: string;
  readonly hardwareId: string;
}

export function codeExchangeRequest(
  { code, verifier, hardwareId }: CodeExchange,
  userAgent: string,
): BlinkRequest {
  const form = {
    app_brand: 'blink',
    client_id: OAUTH_CLIENT,
    code,
    code_verifier: verifier,
    grant_type: 'authorization_code',
    hardware_id: hardwareId,
    redirect_uri: REDIRECT_URI,
    scope: 'client',
  };
  return tokenRequest(form, userAgent, TIMEOUT_MS);
}

export function processCodeExchangeResponse(response: HttpResponse): Grant {
  if (!isSuccess(response)) throw blinkFailure('sign-in', response);
  const parsed = v.safeParse(grantSchema, response.text);
  if (!parsed.success) throw unusableAnswer('sign-in', response, 'holds no usable tokens');
  const { access_token: accessToken, refresh_token: refreshToken } = parsed.output;
  return { accessToken, refreshToken, oauthClient: OAUTH_CLIENT };
}
