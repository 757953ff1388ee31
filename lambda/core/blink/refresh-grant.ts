import * as v from 'valibot';
import type { Failure } from '../failure.ts';
import { REFRESH_TIMEOUT_MS } from '../time.ts';
import type { RefreshRequest } from './blink.ts';
import { blinkFailure, isSuccess, unusableAnswer } from './blink-failure.ts';
import type { BlinkRequest, HttpResponse } from './http-exchange.ts';
import { tokenSchema } from './token.ts';
import { tokenRequest } from './token-request.ts';

/**
 * Blink's variant of the refresh token grant (RFC 6749 section 6): the request, and how its response is read.
 */

const blankAsAbsent = v.optional(v.nullable(v.union([tokenSchema, v.literal('')])));
const uselessAsAbsent = v.fallback(blankAsAbsent, undefined);

/** A success. Some descriptions of the API have `token` in place of `access_token`. */
const grantSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    access_token: uselessAsAbsent,
    token: uselessAsAbsent,
    refresh_token: blankAsAbsent,
  }),
);

/** RFC 6749 section 5.2. `error_description` is external text and is not read. */
const oauthErrorSchema = v.pipe(v.string(), v.parseJson(), v.object({ error: v.string() }));

export type RefreshAnswer =
  | { readonly kind: 'granted'; readonly accessToken: string; readonly refreshToken: string | undefined }
  | { readonly kind: 'refused'; readonly secondFactor: boolean; readonly blinkStatus: number }
  /** This OAuth client is not the one that the refresh token was issued to. */
  | { readonly kind: 'wrong_client'; readonly failure: Failure }
  | {
      readonly kind: 'failed';
      readonly failure: Failure;
      readonly token: 'unspent' | 'unanswered';
    };

export function refreshGrantRequest(
  { refreshToken, hardwareId }: RefreshRequest,
  oauthClient: string,
  userAgent: string,
): BlinkRequest {
  const form = {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: oauthClient,
    scope: 'client',
    ...(hardwareId !== undefined && { hardware_id: hardwareId }),
  };
  return tokenRequest(form, userAgent, REFRESH_TIMEOUT_MS);
}

export function processRefreshGrantResponse(response: HttpResponse): RefreshAnswer {
  if (isSuccess(response)) return processGrant(response);
  const failure = blinkFailure('refresh', response);
  switch (response.status) {
    case 400:
    case 401:
      return processOAuthError(response, failure);
    case 412:
      return { kind: 'refused', secondFactor: true, blinkStatus: response.status };
    default:
      return { kind: 'failed', failure, token: response.status >= 500 ? 'unanswered' : 'unspent' };
  }
}

/** A success that is not usable is an answer that was not received: the refresh token may have been replaced. */
function processGrant(response: HttpResponse): RefreshAnswer {
  const parsed = v.safeParse(grantSchema, response.text);
  const { access_token, token, refresh_token } = parsed.success ? parsed.output : {};
  const accessToken = access_token || token;
  if (accessToken) return { kind: 'granted', accessToken, refreshToken: refresh_token || undefined };
  const failure = unusableAnswer('refresh', response, 'holds no usable tokens');
  return { kind: 'failed', failure, token: 'unanswered' };
}

function processOAuthError(response: HttpResponse, failure: Failure): RefreshAnswer {
  const parsed = v.safeParse(oauthErrorSchema, response.text);
  const error = parsed.success ? parsed.output.error : undefined;
  // Blink refuses a refresh token by a 401 without an error code (seen in several clients). A text that is cut may have had one.
  const isBare = error === undefined && response.isCut === undefined;
  if (error === 'invalid_grant' || (isBare && response.status === 401)) {
    return { kind: 'refused', secondFactor: false, blinkStatus: response.status };
  }
  if (error === 'invalid_client' || error === 'unauthorized_client') return { kind: 'wrong_client', failure };
  return { kind: 'failed', failure, token: 'unspent' };
}
