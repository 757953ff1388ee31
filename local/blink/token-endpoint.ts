import * as v from 'valibot';
import type { Answer } from '../loopback-server.ts';
import { json, NOT_ACCEPTABLE, oauthError } from './answers.ts';
import { exchangeSchema, OAUTH_CLIENTS, refreshSchema } from './forms.ts';
import type { ReceivedRequest } from './received-request.ts';
import type { SignIn } from './sign-in.ts';
import type { IssuedTokens, Tokens } from './tokens.ts';

/**
 * RFC 6749, section 6, with tokens that rotate. Blink accepts a token that was issued to another of its OAuth clients:
 * blinkpy refreshes tokens of `ios` as `android` (blinkpy, issues 1268 and 1269).
 */
export function refresh(tokens: Tokens, { headers, form }: ReceivedRequest): Answer {
  if (headers['user-agent'] === undefined) return NOT_ACCEPTABLE;
  const parsed = v.safeParse(refreshSchema, form);
  if (!parsed.success) return oauthError(400, requestError(form));
  const { refresh_token, client_id } = parsed.output;
  if (!OAUTH_CLIENTS.includes(client_id)) return oauthError(401, 'invalid_client');
  return answered(tokens.refresh(refresh_token));
}

/** RFC 6749, section 4.1.3, with the code verifier of RFC 7636. */
export function exchange(tokens: Tokens, signIn: SignIn, { headers, form }: ReceivedRequest): Answer {
  if (headers['user-agent'] === undefined) return NOT_ACCEPTABLE;
  const parsed = v.safeParse(exchangeSchema, form);
  if (!parsed.success) return oauthError(400, requestError(form));
  const session = signIn.redeem(parsed.output);
  return answered(session === undefined ? 'invalid_grant' : tokens.open(session));
}

function requestError(form: ReceivedRequest['form']): string {
  const grantType = form['grant_type'];
  const isKnown = grantType === 'refresh_token' || grantType === 'authorization_code';
  return isKnown || grantType === undefined ? 'invalid_request' : 'unsupported_grant_type';
}

function answered(result: IssuedTokens | 'invalid_grant'): Answer {
  if (result === 'invalid_grant') return oauthError(400, result);
  return json(200, {
    access_token: result.accessToken,
    refresh_token: result.refreshToken,
    expires_in: 14_400,
    scope: 'client',
    token_type: 'Bearer',
  });
}
