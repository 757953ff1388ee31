import * as v from 'valibot';
import { OAUTH_CLIENTS } from './oauth-clients.ts';

const filled = v.pipe(v.string(), v.minLength(1));

/** The query with which a sign-in begins. All of these refuse fields that no app sends. */
export const authorizeSchema = v.strictObject({
  app_brand: v.literal('blink'),
  app_version: filled,
  client_id: v.picklist(OAUTH_CLIENTS),
  code_challenge: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/)),
  code_challenge_method: v.literal('S256'),
  device_brand: filled,
  device_model: filled,
  device_os_version: filled,
  hardware_id: filled,
  redirect_uri: v.literal('immedia-blink://applinks.blink.com/signin/callback'),
  response_type: v.literal('code'),
  scope: v.literal('client'),
});

export const passwordSchema = v.strictObject({ username: filled, password: filled, 'csrf-token': filled });

export const codeSchema = v.strictObject({
  '2fa_code': filled,
  'csrf-token': filled,
  remember_me: v.literal('false'),
});

export const resendSchema = v.strictObject({ 'csrf-token': filled });
