import * as v from 'valibot';
import type { Answer } from '../loopback-server.ts';
import { json, oauthError } from './answers.ts';
import type { BlinkState } from './blink-state.ts';
import { exchangeSchema, OAUTH_CLIENTS, refreshSchema } from './forms.ts';
import type { ReceivedRequest } from './received-request.ts';
import { redeemCode } from './sign-in.ts';
import type { IssuedTokens } from './tokens.ts';

/**
 * RFC 6749, section 6, with tokens that rotate. Blink accepts a token that was issued to another of its OAuth clients:
 * blinkpy refreshes tokens of `ios` as `android` (blinkpy, issues 1268 and 1269).
 */
export function refresh({ tokens }: BlinkState, { form }: ReceivedRequest): Answer {
  const parsed = v.safeParse(refreshSchema, form);
  if (!parsed.success) return oauthError(400, 'invalid_request');
  const { refresh_token, client_id } = parsed.output;
  if (!OAUTH_CLIENTS.includes(client_id)) return oauthError(401, 'invalid_client');
  return answered(tokens.refresh(refresh_token));
}

/** RFC 6749, section 4.1.3, with the code verifier of RFC 7636. */
export function exchange(state: BlinkState, { form }: ReceivedRequest): Answer {
  const parsed = v.safeParse(exchangeSchema, form);
  if (!parsed.success) return oauthError(400, 'invalid_request');
  const session = redeemCode(state, parsed.output);
  return answered(session && state.tokens.open(session));
}

function answered(issued: IssuedTokens | undefined): Answer {
  if (issued === undefined) return oauthError(400, 'invalid_grant');
  return json(200, {
    access_token: issued.accessToken,
    refresh_token: issued.refreshToken,
    expires_in: 14_400,
    scope: 'client',
    token_type: 'Bearer',
  });
}
