import { createHash, randomBytes } from 'node:crypto';
import * as v from 'valibot';
import type { Answer } from '../loopback-server.ts';
import type { SettableClock } from '../settable-clock.ts';
import type { Accounts } from './accounts.ts';
import { json, NOT_ACCEPTABLE, oauthError, redirect } from './answers.ts';
import {
  ANDROID_REDIRECT_URI,
  type AuthorizationRequest,
  authorizeSchema,
  type CodeExchange,
  codeSchema,
  passwordSchema,
  resendSchema,
} from './forms.ts';
import { LockOut } from './lock-out.ts';
import { type PendingSignIn, PendingSignIns } from './pending-sign-ins.ts';
import type { ReceivedRequest } from './received-request.ts';
import { redirectToCallback } from './sign-in-callback.ts';
import { toBrowserAnswer } from './sign-in-page.ts';
import { type SignInResult, toScriptAnswer } from './sign-in-result.ts';
import type { ClientSession } from './tokens.ts';

const ORIGIN = 'https://api.oauth.blink.com';
const RESEND_AFTER_MS = 60_000;
const CODE_LIFE_MS = 600_000;

const EMPTY_COOKIES = json(400, { error: 'bad_request', error_cause: 'empty_cookies' });
const BAD_REQUEST = json(400, { error: 'bad_request' });

/**
 * The sign-in: OAuth's authorization code with PKCE, a password, and a second factor. The OAuth client `ios` is a script (as
 * blinkpy does it) and gets JSON; `android` is a person's browser and gets pages.
 */
export class SignIn {
  readonly #accounts: Accounts;
  readonly #clock: SettableClock;
  readonly #lockOut: LockOut;
  readonly #pending = new PendingSignIns();
  readonly #codes = new Map<string, { readonly pending: PendingSignIn; readonly expiresAtMs: number }>();

  constructor(accounts: Accounts, clock: SettableClock) {
    this.#accounts = accounts;
    this.#clock = clock;
    this.#lockOut = new LockOut(clock);
  }

  /** With a query, begins a sign-in. Without one, issues the code of a script's finished sign-in. */
  authorize(request: ReceivedRequest): Answer {
    if (Object.keys(request.query).length === 0) return this.#finishScript(request);
    const parsed = v.safeParse(authorizeSchema, request.query);
    if (!parsed.success) return refusedAuthorization(request);
    if (isBlockedScript(request, parsed.output)) return NOT_ACCEPTABLE;
    return redirect('/oauth/v2/signin', { 'set-cookie': this.#pending.begin(parsed.output) });
  }

  page(request: ReceivedRequest): Answer {
    const pending = this.#find(request);
    if (pending === undefined) return EMPTY_COOKIES;
    if (isBlockedScript(request, pending.request)) return NOT_ACCEPTABLE;
    const kind = pending.account === undefined ? 'password_wanted' : 'code_wanted';
    return toAnswer(pending, { kind });
  }

  password(request: ReceivedRequest): Answer {
    return this.#answerForm(request, passwordSchema, (pending, { username, password }) => {
      if (isBlockedScript(request, pending.request)) return NOT_ACCEPTABLE;
      if (pending.request.client_id === 'ios' && !isFromPage(request)) return BAD_REQUEST;
      if (this.#lockOut.isLocked(username)) return toAnswer(pending, { kind: 'locked' });
      const account = this.#accounts.byEmail(username);
      if (account?.password !== password) {
        this.#lockOut.wrongPassword(username);
        return toAnswer(pending, { kind: 'wrong_password', username });
      }
      this.#lockOut.rightPassword(username);
      pending.account = account;
      const cookie = this.#pending.renew(pending);
      const answer =
        account.secondFactor === undefined
          ? this.#finish(request, pending, 'password')
          : toAnswer(pending, this.#sendCode(pending, account.secondFactor.askedBy));
      return { ...answer, headers: { ...answer.headers, 'set-cookie': cookie } };
    });
  }

  verify(request: ReceivedRequest): Answer {
    return this.#answerForm(request, codeSchema, (pending, form) => {
      if (pending.account?.secondFactor === undefined) return BAD_REQUEST;
      if (form['2fa_code'] !== pending.account.secondFactor.code) {
        return toAnswer(pending, { kind: 'wrong_code' });
      }
      return this.#finish(request, pending, 'code');
    });
  }

  /** The path is a guess: no public source has the call for another code. */
  resend(request: ReceivedRequest): Answer {
    return this.#answerForm(request, resendSchema, (pending) => {
      if (pending.account?.secondFactor === undefined) return BAD_REQUEST;
      const waitMs = pending.nextCodeAtMs - this.#clock.nowMs();
      if (waitMs <= 0) return toAnswer(pending, this.#sendCode(pending, 200));
      return toAnswer(pending, { kind: 'resend_too_early', seconds: Math.ceil(waitMs / 1000) });
    });
  }

  /** A code is valid once, and only with the verifier and the values of its authorization request. */
  redeem(form: CodeExchange): ClientSession | undefined {
    const issued = this.#codes.get(form.code);
    this.#codes.delete(form.code);
    if (issued === undefined || issued.expiresAtMs <= this.#clock.nowMs()) return undefined;
    const { request, account } = issued.pending;
    const isSame =
      createHash('sha256').update(form.code_verifier).digest('base64url') === request.code_challenge &&
      form.client_id === request.client_id &&
      (form.client_id === 'android' || form.hardware_id === request.hardware_id) &&
      form.redirect_uri === request.redirect_uri;
    if (!isSame || account === undefined) return undefined;
    const { accountId } = account;
    const clientId = this.#accounts.clientOfHardware(accountId, request.hardware_id);
    this.#accounts.addClient(accountId, {
      id: clientId,
      name: request.device_model,
      lastLoginMs: this.#clock.nowMs(),
    });
    return { accountId, clientId };
  }

  #finishScript(request: ReceivedRequest): Answer {
    const pending = this.#find(request);
    if (pending === undefined) return EMPTY_COOKIES;
    if (isBlockedScript(request, pending.request)) return NOT_ACCEPTABLE;
    if (!pending.authenticated) return redirect('/oauth/v2/signin');
    return redirect(`${pending.request.redirect_uri}?code=${this.#issueCode(pending)}`);
  }

  /** A script asks for the code when it is authenticated; a browser is sent on with it. */
  #finish(request: ReceivedRequest, pending: PendingSignIn, by: 'password' | 'code'): Answer {
    pending.authenticated = true;
    if (pending.request.client_id === 'ios') {
      return by === 'password' ? redirect('/oauth/v2/authorize') : json(201, { status: 'auth-completed' });
    }
    const { state } = pending.request;
    return redirectToCallback(request, { code: this.#issueCode(pending), state });
  }

  #issueCode(pending: PendingSignIn): string {
    this.#pending.end(pending);
    const code = randomBytes(16).toString('base64url');
    this.#codes.set(code, { pending, expiresAtMs: this.#clock.nowMs() + CODE_LIFE_MS });
    return code;
  }

  #sendCode(pending: PendingSignIn, status: 200 | 202 | 412): SignInResult {
    pending.nextCodeAtMs = this.#clock.nowMs() + RESEND_AFTER_MS;
    return { kind: 'code_sent', status, resendAfterSeconds: RESEND_AFTER_MS / 1000 };
  }

  #answerForm<Form extends { readonly 'csrf-token': string }>(
    request: ReceivedRequest,
    schema: v.GenericSchema<unknown, Form>,
    answer: (pending: PendingSignIn, form: Form) => Answer,
  ): Answer {
    const pending = this.#find(request);
    if (pending === undefined) return EMPTY_COOKIES;
    const parsed = v.safeParse(schema, request.form);
    if (!parsed.success || parsed.output['csrf-token'] !== pending.csrfToken) return BAD_REQUEST;
    return answer(pending, parsed.output);
  }

  #find({ headers }: ReceivedRequest): PendingSignIn | undefined {
    return this.#pending.find(headers.cookie);
  }
}

function toAnswer(pending: PendingSignIn, result: SignInResult): Answer {
  return pending.request.client_id === 'ios'
    ? toScriptAnswer(pending, result)
    : toBrowserAnswer(pending, result);
}

/** An error is redirected only to an address that is known to be the client's (RFC 6749, section 4.1.2.1). */
function refusedAuthorization(request: ReceivedRequest): Answer {
  const { client_id, redirect_uri, state = '' } = request.query;
  return client_id === 'android' && redirect_uri === ANDROID_REDIRECT_URI
    ? redirectToCallback(request, { error: 'invalid_request', state })
    : oauthError(400, 'invalid_request');
}

/** The app for iOS signs in with Safari; the edge blocks other programs that use its OAuth client. */
function isBlockedScript({ headers }: ReceivedRequest, { client_id }: AuthorizationRequest): boolean {
  return client_id === 'ios' && !/iPhone.*Safari/.test(headers['user-agent'] ?? '');
}

function isFromPage({ headers }: ReceivedRequest): boolean {
  return headers.origin === ORIGIN && headers.referer === `${ORIGIN}/oauth/v2/signin`;
}
