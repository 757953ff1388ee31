import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { Answer } from '../loopback-server.ts';
import { json, NOT_ACCEPTABLE, oauthError, redirect } from './answers.ts';
import type { BlinkState } from './blink-state.ts';
import {
  ANDROID_REDIRECT_URI,
  type AuthorizationRequest,
  authorizeSchema,
  type CodeExchange,
  codeSchema,
  passwordSchema,
  resendSchema,
} from './forms.ts';
import type { ReceivedRequest } from './received-request.ts';
import { answerTo, htmlPage, type SignInResult } from './sign-in-answers.ts';
import type { SignIn } from './sign-ins.ts';
import type { ClientSession } from './tokens.ts';

/**
 * The sign-in: OAuth's authorization code with PKCE, a password, and a second factor. The OAuth client `ios` is a script (as
 * blinkpy does it) and gets JSON; `android` is a person's browser and gets pages.
 */

const ORIGIN = 'https://api.oauth.blink.com';
const RESEND_AFTER_SECONDS = 60;

/** The host by which a browser of this machine reaches the stand-in. */
export const BROWSER_HOST = '127.0.0.1';

const EMPTY_COOKIES = json(400, { error: 'bad_request', error_cause: 'empty_cookies' });
const BAD_REQUEST = json(400, { error: 'bad_request' });

/** With a query, begins a sign-in. Without one, issues the code of a script's finished sign-in. */
export function authorize(state: BlinkState, request: ReceivedRequest): Answer {
  if (Object.keys(request.query).length === 0) return issueCode(state, request);
  const parsed = v.safeParse(authorizeSchema, request.query);
  if (!parsed.success) return refusedAuthorization(request);
  if (isBlockedScript(request, parsed.output)) return NOT_ACCEPTABLE;
  const signIn = state.signIns.begin(parsed.output);
  return redirect('/oauth/v2/signin', state.signIns.cookieFor(signIn));
}

const issueCode = ofSignIn((signIn, { signIns }) =>
  signIn.authenticated
    ? redirect(`${signIn.request.redirect_uri}?code=${signIns.issueCode(signIn)}`)
    : redirect('/oauth/v2/signin'),
);

export const signInPage = ofSignIn((signIn) =>
  answerTo(signIn, { kind: signIn.account === undefined ? 'password_wanted' : 'code_wanted' }),
);

export const submitPassword = ofForm(passwordSchema, (signIn, { username, password }, state, request) => {
  const { signIns, accounts } = state;
  if (signIn.request.client_id === 'ios' && !isFromPage(request)) return BAD_REQUEST;
  if (signIns.isLocked(username)) return answerTo(signIn, { kind: 'locked' });
  const account = accounts.byEmail(username);
  const isRight = account?.password === password;
  signIns.countPassword(username, isRight);
  if (!isRight) return answerTo(signIn, { kind: 'wrong_password', username });
  signIn.account = account;
  const cookie = signIns.cookieFor(signIn);
  const answer =
    account.secondFactor === undefined
      ? finished(state, request, signIn, redirect('/oauth/v2/authorize'))
      : answerTo(signIn, sendCode(state, signIn, account.secondFactor.askedBy));
  return { ...answer, headers: { ...answer.headers, ...cookie } };
});

export const verifyCode = ofForm(codeSchema, (signIn, form, state, request) => {
  const { secondFactor } = signIn.account ?? {};
  if (secondFactor === undefined) return BAD_REQUEST;
  if (form['2fa_code'] !== secondFactor.code) return answerTo(signIn, { kind: 'wrong_code' });
  return finished(state, request, signIn, json(201, { status: 'auth-completed' }));
});

/** The path is a guess: no public source has the call for another code. */
export const resendCode = ofForm(resendSchema, (signIn, _form, state) => {
  if (signIn.account?.secondFactor === undefined) return BAD_REQUEST;
  const seconds = Math.ceil((signIn.nextCodeAtMs - state.clock.nowMs()) / 1000);
  return answerTo(signIn, seconds > 0 ? { kind: 'resend_too_early', seconds } : sendCode(state, signIn, 200));
});

/** What a browser on a computer shows at the end. The address stays in its address bar. */
export function callbackPage(): Answer {
  return htmlPage(
    200,
    'Unsupported Browser',
    '<p>Blink’s app is not on this device. Copy the whole address of this page, and paste it where you began.</p>',
  );
}

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
    return isBlockedScript(request, signIn.request) ? NOT_ACCEPTABLE : answer(signIn, state, request);
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

/** A script asks for the code when it is authenticated; a browser is sent on with it. */
function finished(
  { signIns }: BlinkState,
  request: ReceivedRequest,
  signIn: SignIn,
  toScript: Answer,
): Answer {
  signIn.authenticated = true;
  if (signIn.request.client_id === 'ios') return toScript;
  return redirectToCallback(request, { code: signIns.issueCode(signIn), state: signIn.request.state });
}

function sendCode({ clock }: BlinkState, signIn: SignIn, status: 200 | 202 | 412): SignInResult {
  signIn.nextCodeAtMs = clock.nowMs() + RESEND_AFTER_SECONDS * 1000;
  return { kind: 'code_sent', status, resendAfterSeconds: RESEND_AFTER_SECONDS };
}

/** An error is redirected only to an address that is known to be the client's (RFC 6749, section 4.1.2.1). */
function refusedAuthorization(request: ReceivedRequest): Answer {
  const { client_id, redirect_uri, state = '' } = request.query;
  return client_id === 'android' && redirect_uri === ANDROID_REDIRECT_URI
    ? redirectToCallback(request, { error: 'invalid_request', state })
    : oauthError(400, 'invalid_request');
}

/**
 * Redirects to where a browser's sign-in ends (RFC 6749, sections 4.1.2 and 4.1.2.1). A browser of this machine stays with
 * the stand-in, because it would reach Blink's real host.
 */
function redirectToCallback({ host }: ReceivedRequest, parameters: Readonly<Record<string, string>>): Answer {
  const address = host === BROWSER_HOST ? new URL(ANDROID_REDIRECT_URI).pathname : ANDROID_REDIRECT_URI;
  return redirect(`${address}?${new URLSearchParams(parameters)}`);
}

/** The app for iOS signs in with Safari; the edge blocks other programs that use its OAuth client. */
function isBlockedScript({ headers }: ReceivedRequest, { client_id }: AuthorizationRequest): boolean {
  return client_id === 'ios' && !/iPhone.*Safari/.test(headers['user-agent'] ?? '');
}

function isFromPage({ headers }: ReceivedRequest): boolean {
  return headers.origin === ORIGIN && headers.referer === `${ORIGIN}/oauth/v2/signin`;
}
