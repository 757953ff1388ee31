import { createHash, randomBytes } from 'node:crypto';
import * as v from 'valibot';
import type { Answer } from '../loopback-server.ts';
import type { SettableClock } from '../settable-clock.ts';
import type { Accounts } from './accounts.ts';
import { html, json, NOT_ACCEPTABLE, oauthError, redirect } from './answers.ts';
import type { BlinkRequest } from './blink-request.ts';
import { authorizeSchema, codeSchema, type exchangeSchema, passwordSchema, resendSchema } from './forms.ts';
import { LockOut } from './lock-out.ts';
import { type PendingSignIn, PendingSignIns } from './pending-sign-ins.ts';
import type { ClientSession } from './tokens.ts';

const ORIGIN = 'https://api.oauth.blink.com';
const RESEND_AFTER_MS = 60_000;
const CODE_LIFE_MS = 600_000;

const EMPTY_COOKIES = json(400, { error: 'bad_request', error_cause: 'empty_cookies' });
const BAD_REQUEST = json(400, { error: 'bad_request' });

/** The sign-in pages: OAuth's authorization code with PKCE, a password, and a second factor (as blinkpy uses them). */
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

  /** With a query, begins a sign-in. Without one, issues the code of a finished sign-in. */
  authorize(request: BlinkRequest): Answer {
    if (!isBrowser(request)) return NOT_ACCEPTABLE;
    if (Object.keys(request.query).length === 0) return this.#giveCode(request);
    const parsed = v.safeParse(authorizeSchema, request.query);
    if (!parsed.success) return oauthError(400, 'invalid_request');
    return redirect('/oauth/v2/signin', { 'set-cookie': this.#pending.begin(parsed.output) });
  }

  page(request: BlinkRequest): Answer {
    if (!isBrowser(request)) return NOT_ACCEPTABLE;
    const pending = this.#find(request);
    if (pending === undefined) return EMPTY_COOKIES;
    const args = JSON.stringify({ 'csrf-token': pending.csrfToken });
    return html(
      200,
      `<!doctype html><title>Sign in</title><script id="oauth-args" type="application/json">${args}</script>`,
    );
  }

  password(request: BlinkRequest): Answer {
    if (!isBrowser(request)) return NOT_ACCEPTABLE;
    return this.#answerForm(request, passwordSchema, (pending, { username, password }) => {
      if (!isFromPage(request)) return BAD_REQUEST;
      if (this.#lockOut.isLocked(username)) return NOT_ACCEPTABLE;
      const account = this.#accounts.byEmail(username);
      if (account?.password !== password) {
        this.#lockOut.wrongPassword(username);
        return oauthError(401, 'access_denied');
      }
      this.#lockOut.rightPassword(username);
      pending.account = account;
      const cookie = { 'set-cookie': this.#pending.renew(request.headers.cookie, pending) };
      if (account.secondFactor === undefined) {
        pending.authenticated = true;
        return redirect('/oauth/v2/authorize', cookie);
      }
      return json(account.secondFactor.askedBy, this.#sendCode(pending), cookie);
    });
  }

  verify(request: BlinkRequest): Answer {
    return this.#answerForm(request, codeSchema, (pending, form) => {
      if (pending.account?.secondFactor === undefined) return BAD_REQUEST;
      if (form['2fa_code'] !== pending.account.secondFactor.code) {
        return json(400, { error: 'Verification Code is invalid or expired' });
      }
      pending.authenticated = true;
      return json(201, { status: 'auth-completed' });
    });
  }

  /** The path is a guess: no public source has the call for another code. */
  resend(request: BlinkRequest): Answer {
    return this.#answerForm(request, resendSchema, (pending) => {
      if (pending.account?.secondFactor === undefined) return BAD_REQUEST;
      const waitMs = pending.nextCodeAtMs - this.#clock.nowMs();
      if (waitMs <= 0) return json(200, this.#sendCode(pending));
      return json(429, {
        error: 'too_many_requests',
        error_cause: '2fa_rate_limit_exceeded',
        next_time_in_secs: Math.ceil(waitMs / 1000),
      });
    });
  }

  /** A code is valid once, and only with the verifier and the values of its authorization request. */
  redeem(form: v.InferOutput<typeof exchangeSchema>): ClientSession | undefined {
    const issued = this.#codes.get(form.code);
    this.#codes.delete(form.code);
    if (issued === undefined || issued.expiresAtMs <= this.#clock.nowMs()) return undefined;
    const { request, account } = issued.pending;
    const challenge = createHash('sha256').update(form.code_verifier).digest('base64url');
    const isSame =
      challenge === request.code_challenge &&
      form.client_id === request.client_id &&
      form.hardware_id === request.hardware_id &&
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

  #giveCode(request: BlinkRequest): Answer {
    const pending = this.#find(request);
    if (pending === undefined) return EMPTY_COOKIES;
    if (!pending.authenticated) return redirect('/oauth/v2/signin');
    this.#pending.end(request.headers.cookie);
    const code = randomBytes(16).toString('base64url');
    this.#codes.set(code, { pending, expiresAtMs: this.#clock.nowMs() + CODE_LIFE_MS });
    return redirect(`${pending.request.redirect_uri}?code=${code}`);
  }

  #sendCode(pending: PendingSignIn): object {
    pending.nextCodeAtMs = this.#clock.nowMs() + RESEND_AFTER_MS;
    return { next_time_in_secs: RESEND_AFTER_MS / 1000, phone: '+1xxxxxxxx12', tsv_state: 'sms' };
  }

  #answerForm<Form extends { readonly 'csrf-token': string }>(
    request: BlinkRequest,
    schema: v.GenericSchema<unknown, Form>,
    answer: (pending: PendingSignIn, form: Form) => Answer,
  ): Answer {
    const pending = this.#find(request);
    if (pending === undefined) return EMPTY_COOKIES;
    const parsed = v.safeParse(schema, request.form);
    if (!parsed.success || parsed.output['csrf-token'] !== pending.csrfToken) return BAD_REQUEST;
    return answer(pending, parsed.output);
  }

  #find({ headers }: BlinkRequest): PendingSignIn | undefined {
    return this.#pending.find(headers.cookie);
  }
}

/** The edge accepts only browsers: the app signs in with one. */
function isBrowser({ headers }: BlinkRequest): boolean {
  return /iPhone.*Safari/.test(headers['user-agent'] ?? '');
}

function isFromPage({ headers }: BlinkRequest): boolean {
  return headers.origin === ORIGIN && headers.referer === `${ORIGIN}/oauth/v2/signin`;
}
