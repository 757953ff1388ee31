import * as v from 'valibot';
import type { Failure } from '../failure.ts';
import { REFRESH_TIMEOUT_MS } from '../time.ts';
import type { RefreshRequest } from './blink.ts';
import { blinkFailure, unusableAnswer } from './blink-failure.ts';
import {
  type BlinkRequest,
  type ExchangeEnd,
  type ExchangeError,
  type HttpResponse,
  isSuccess,
} from './http-exchange.ts';
import { jsonIn } from './json-in.ts';
import { isInFlight } from './retry.ts';
import { tokenSchema } from './token.ts';
import { tokenRequest } from './token-request.ts';

/**
 * Blink's variant of the refresh token grant (RFC 6749 section 6): the request, and how its response is read.
 */

const blankAsAbsent = v.optional(v.nullable(v.union([tokenSchema, v.literal('')])));
const uselessAsAbsent = v.fallback(blankAsAbsent, undefined);

/** A success. Some descriptions of the API have `token` in place of `access_token`. */
const grantSchema = v.object({
  access_token: uselessAsAbsent,
  token: uselessAsAbsent,
  refresh_token: blankAsAbsent,
});

/** RFC 6749 section 5.2. `error_description` is external text and is not read. */
const oauthErrorSchema = v.object({ error: v.string() });

export type RefreshAnswer =
  | { readonly kind: 'granted'; readonly accessToken: string; readonly refreshToken: string | undefined }
  | { readonly kind: 'refused'; readonly secondFactor: boolean; readonly blinkStatus: number }
  | {
      readonly kind: 'failed';
      readonly failure: Failure;
      readonly token: 'unspent' | 'unanswered' | 'in_flight';
      /** This OAuth client is not the one that the refresh token was issued to. */
      readonly isWrongClient?: boolean;
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

export function processRefreshGrantResponse(end: ExchangeEnd): RefreshAnswer {
  if (end.status !== undefined && isSuccess(end)) return processGrant(end);
  const failure = blinkFailure('refresh', end);
  switch (end.status) {
    case undefined:
      return { kind: 'failed', failure, token: tokenAfter(end) };
    case 400:
    case 401:
      return processOAuthError(end, failure);
    case 412:
      return { kind: 'refused', secondFactor: true, blinkStatus: end.status };
    default:
      return { kind: 'failed', failure, token: end.status >= 500 ? 'unanswered' : 'unspent' };
  }
}

function tokenAfter(error: ExchangeError): 'unspent' | 'in_flight' | 'unanswered' {
  if (error.progress === 'not_sent') return 'unspent';
  return isInFlight(error) ? 'in_flight' : 'unanswered';
}

/** A success that is not usable is an answer that was not received: the refresh token may have been replaced. */
function processGrant(response: HttpResponse): RefreshAnswer {
  const { access_token, token, refresh_token } = jsonIn(response.text, grantSchema) ?? {};
  const accessToken = access_token || token;
  if (accessToken) return { kind: 'granted', accessToken, refreshToken: refresh_token || undefined };
  const failure = unusableAnswer('refresh', response, 'holds no usable tokens');
  return { kind: 'failed', failure, token: 'unanswered' };
}

function processOAuthError({ status, text, isCut }: HttpResponse, failure: Failure): RefreshAnswer {
  const error = jsonIn(text, oauthErrorSchema)?.error;
  // Blink refuses a refresh token by a 401 without an error code (seen in several clients). A text that is cut may have had one.
  const isBare401 = status === 401 && error === undefined && !isCut;
  if (error === 'invalid_grant' || isBare401) {
    return { kind: 'refused', secondFactor: false, blinkStatus: status };
  }
  const isWrongClient = error === 'invalid_client' || error === 'unauthorized_client';
  return { kind: 'failed', failure, token: 'unspent', isWrongClient };
}
