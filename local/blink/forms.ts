import * as v from 'valibot';

/** The queries and forms that Blink accepts. All refuse fields that no app sends. */

/** The OAuth clients that Blink knows (observed in several clients). */
export const OAUTH_CLIENTS: readonly string[] = ['android', 'ios', 'amazon'];

const filled = v.pipe(v.string(), v.minLength(1));

/** The query with which a sign-in begins. The exchange of the code must repeat its values. */
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

/** blinkpy sends `username` when it refreshes during a session. */
export const refreshSchema = v.strictObject({
  grant_type: v.literal('refresh_token'),
  refresh_token: filled,
  client_id: filled,
  scope: v.literal('client'),
  hardware_id: v.optional(filled),
  username: v.optional(filled),
});

export const exchangeSchema = v.strictObject({
  app_brand: v.literal('blink'),
  client_id: filled,
  code: filled,
  code_verifier: v.pipe(v.string(), v.regex(/^[A-Za-z0-9._~-]{43,128}$/)),
  grant_type: v.literal('authorization_code'),
  hardware_id: filled,
  redirect_uri: filled,
  scope: v.literal('client'),
});
