import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { Answer } from '../loopback-server.ts';
import { json, NOT_ACCEPTABLE, oauthError, redirect } from './answers.ts';
import type { BlinkState } from './blink-state.ts';
import {
  ANDROID_REDIRECT_URI,
  authorizeSchema,
  type CodeExchange,
  codeSchema,
  passwordSchema,
} from './forms.ts';
import type { ReceivedRequest } from './received-request.ts';
import { codePage, PHONE, passwordPage } from './sign-in-pages.ts';
import type { SignIn } from './sign-ins.ts';
import type { ClientSession } from './tokens.ts';

/**
 * The sign-in: OAuth's authorization code with PKCE, a password, and a second factor. The OAuth client `ios` is a script (as
 * blinkpy does it); `android` is a person's browser.
 */

const ORIGIN = 'https://api.oauth.blink.com';

/** The host by which a browser of this machine reaches the stand-in. */
export const BROWSER_HOST = '127.0.0.1';

const EMPTY_COOKIES = json(400, { error: 'bad_request', error_cause: 'empty_cookies' });
const BAD_REQUEST = json(400, { error: 'bad_request' });

/** With a query, begins a sign-in. Without one, issues the code of a script's finished sign-in. */
export function authorize(state: BlinkState, request: ReceivedRequest): Answer {
  if (Object.keys(request.query).length === 0) return issueCode(state, request);
  const parsed = v.safeParse(authorizeSchema, request.query);
  if (!parsed.success) return oauthError(400, 'invalid_request');
  return redirect('/oauth/v2/signin', state.signIns.begin(parsed.output));
}

const issueCode = ofSignIn((signIn, { signIns }) =>
  signIn.authenticated
    ? redirect(`${signIn.request.redirect_uri}?code=${signIns.issueCode(signIn)}`)
    : redirect('/oauth/v2/signin'),
);

export const signInPage = ofSignIn((signIn) =>
  signIn.account === undefined ? passwordPage(signIn) : codePage(signIn),
);

/** A script is asked for the code by a status; a browser is sent on, so that reloading does not send the password again. */
export const submitPassword = ofForm(passwordSchema, (signIn, { username, password }, state, request) => {
  const { signIns, accounts } = state;
  const isScript = signIn.request.client_id === 'ios';
  if (isScript && !isFromPage(request)) return BAD_REQUEST;
  if (signIns.isLocked(username)) {
    return passwordPage(signIn, 406, 'Too many wrong passwords. Try again in ten minutes.');
  }
  const account = accounts.byEmail(username);
  const isRight = account?.password === password;
  signIns.countPassword(username, isRight);
  if (!isRight) return passwordPage(signIn, 401, 'The e-mail address or the password is wrong.');
  signIn.account = account;
  if (account.code === undefined) return finished(state, request, signIn, redirect('/oauth/v2/authorize'));
  return isScript
    ? json(412, { next_time_in_secs: 60, phone: PHONE, tsv_state: 'sms' })
    : redirect('/oauth/v2/signin');
});

export const verifyCode = ofForm(codeSchema, (signIn, form, state, request) => {
  const code = signIn.account?.code;
  if (code === undefined) return BAD_REQUEST;
  if (form['2fa_code'] !== code) return codePage(signIn, 400, 'The code is wrong or has expired.');
  return finished(state, request, signIn, json(201, { status: 'auth-completed' }));
});

/** The client that a code is for, which needs the verifier and the values of its authorization request. */
export function redeemCode(
  { signIns, accounts, clock }: BlinkState,
  form: CodeExchange,
): ClientSession | undefined {
  const { request, account } = signIns.takeCode(form.code) ?? {};
  if (request === undefined || account === undefined) return undefined;
  const isSame =
    createHash('sha256').update(form.code_verifier).digest('base64url') === request.code_challenge &&
    form.client_id === request.client_id &&
    (form.client_id === 'android' || form.hardware_id === request.hardware_id) &&
    form.redirect_uri === request.redirect_uri;
  if (!isSame) return undefined;
  const { accountId } = account;
  const clientId = accounts.clientOfHardware(accountId, request.hardware_id);
  accounts.addClient(accountId, { id: clientId, name: request.device_model, lastLoginMs: clock.nowMs() });
  return { accountId, clientId };
}

/** Answers a request with the cookie of a sign-in. */
function ofSignIn(answer: (signIn: SignIn, state: BlinkState, request: ReceivedRequest) => Answer) {
  return (state: BlinkState, request: ReceivedRequest): Answer => {
    const signIn = state.signIns.find(request.headers.cookie);
    if (signIn === undefined) return EMPTY_COOKIES;
    return isBlockedScript(request, signIn) ? NOT_ACCEPTABLE : answer(signIn, state, request);
  };
}

/** Answers a form with the page's token. */
function ofForm<Form extends { readonly 'csrf-token': string }>(
  schema: v.GenericSchema<unknown, Form>,
  answer: (signIn: SignIn, form: Form, state: BlinkState, request: ReceivedRequest) => Answer,
) {
  return ofSignIn((signIn, state, request) => {
    const parsed = v.safeParse(schema, request.form);
    if (!parsed.success || parsed.output['csrf-token'] !== signIn.csrfToken) return BAD_REQUEST;
    return answer(signIn, parsed.output, state, request);
  });
}

/** A script asks for the code when it is authenticated. A browser is sent on with it (RFC 6749, section 4.1.2). */
function finished(
  { signIns }: BlinkState,
  { host }: ReceivedRequest,
  signIn: SignIn,
  toScript: Answer,
): Answer {
  signIn.authenticated = true;
  if (signIn.request.client_id === 'ios') return toScript;
  const query = new URLSearchParams({ code: signIns.issueCode(signIn), state: signIn.request.state });
  // A browser of this machine stays with the stand-in, because it would reach Blink's real host.
  const address = host === BROWSER_HOST ? new URL(ANDROID_REDIRECT_URI).pathname : ANDROID_REDIRECT_URI;
  return redirect(`${address}?${query}`);
}

/** The app for iOS signs in with Safari; the edge blocks other programs that use its OAuth client. */
function isBlockedScript({ headers }: ReceivedRequest, { request }: SignIn): boolean {
  return request.client_id === 'ios' && !/iPhone.*Safari/.test(headers['user-agent'] ?? '');
}

function isFromPage({ headers }: ReceivedRequest): boolean {
  return headers.origin === ORIGIN && headers.referer === `${ORIGIN}/oauth/v2/signin`;
}
