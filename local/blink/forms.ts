import * as v from 'valibot';

/** The queries and forms that Blink accepts. All refuse fields that no app sends. */

/** The OAuth clients that Blink knows (observed in several clients). */
export const OAUTH_CLIENTS: readonly string[] = ['android', 'ios', 'amazon'];

const filled = v.pipe(v.string(), v.minLength(1));

/** RFC 7636, section 4.2: BASE64URL-ENCODE(SHA256(ASCII(code_verifier))). */
const challenge = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/));
/** RFC 7636, section 4.1. */
const verifier = v.pipe(v.string(), v.regex(/^[A-Za-z0-9._~-]{43,128}$/));

export const ANDROID_REDIRECT_URI = 'https://applinks.blink.com/signin/callback';
const IOS_REDIRECT_URI = 'immedia-blink://applinks.blink.com/signin/callback';

const eachApp = {
  app_brand: v.literal('blink'),
  app_version: filled,
  code_challenge: challenge,
  code_challenge_method: v.literal('S256'),
  device_brand: filled,
  device_model: filled,
  device_os_version: filled,
  hardware_id: filled,
  response_type: v.literal('code'),
  scope: v.literal('client'),
};

/**
 * The query with which a sign-in begins: of the app for iOS (as blinkpy imitates it), or of the app for Android, which opens
 * Blink's page in the person's browser.
 */
export const authorizeSchema = v.variant('client_id', [
  v.strictObject({ ...eachApp, client_id: v.literal('ios'), redirect_uri: v.literal(IOS_REDIRECT_URI) }),
  v.strictObject({
    ...eachApp,
    client_id: v.literal('android'),
    redirect_uri: v.literal(ANDROID_REDIRECT_URI),
    state: filled,
    prompt: v.literal('login'),
    dark_mode: v.picklist(['false', 'true']),
  }),
]);
export type AuthorizationRequest = v.InferOutput<typeof authorizeSchema>;

export const passwordSchema = v.strictObject({ username: filled, password: filled, 'csrf-token': filled });

export const codeSchema = v.strictObject({
  '2fa_code': filled,
  'csrf-token': filled,
  remember_me: v.literal('false'),
});

export const refreshSchema = v.strictObject({
  grant_type: v.literal('refresh_token'),
  refresh_token: filled,
  client_id: filled,
  scope: v.literal('client'),
  hardware_id: v.optional(filled),
});

const eachExchange = {
  grant_type: v.literal('authorization_code'),
  code: filled,
  code_verifier: verifier,
  redirect_uri: filled,
};

/** The app for Android sends exactly five fields; the app for iOS repeats values of its authorization request. */
export const exchangeSchema = v.variant('client_id', [
  v.strictObject({ ...eachExchange, client_id: v.literal('android') }),
  v.strictObject({
    ...eachExchange,
    client_id: v.literal('ios'),
    app_brand: v.literal('blink'),
    hardware_id: filled,
    scope: v.literal('client'),
  }),
]);
export type CodeExchange = v.InferOutput<typeof exchangeSchema>;
