import { parse } from 'node-html-parser';
import * as v from 'valibot';
import type { Grant } from '../../../lambda/core/blink/blink.ts';
import { blinkFailure, successOf, unusableAnswer } from '../../../lambda/core/blink/blink-failure.ts';
import { type HttpResponse, isSuccess } from '../../../lambda/core/blink/http-exchange.ts';
import { jsonIn } from '../../../lambda/core/blink/json-in.ts';
import { tokenSchema } from '../../../lambda/core/blink/token.ts';
import type { Context } from '../commands/command.ts';
import { CommandError } from '../errors/command-error.ts';
import {
  authorizationUrl,
  BLINK_ORIGIN,
  codeExchangeRequest,
  IOS,
  processCodeExchangeResponse,
  randomText,
} from './authorization.ts';
import { Browser, isRedirect } from './browser.ts';

const SIGN_IN_URL = new URL('/oauth/v2/signin', BLINK_ORIGIN);
const VERIFY_URL = new URL('/oauth/v2/2fa/verify', BLINK_ORIGIN);
/** Redirects to the app with the code, once the sign-in is accepted. The parameters are in a cookie. */
const CODE_URL = new URL('/oauth/v2/authorize', BLINK_ORIGIN);

const MAX_CODES = 3;

/**
 * Asks for e-mail address, password and the second factor's code here, and sends them as the page's script does (after
 * blinkpy). Nothing is retried: Blink locks accounts after repeated attempts.
 */
export async function signInWithPassword(
  { terminal, target: { caller }, questions }: Context,
  hardwareId: string,
): Promise<Grant> {
  const credentials = { username: await questions.email(), password: await questions.password() };
  const browser = new Browser(caller.exchange);
  const request = { hardwareId, verifier: randomText() };

  const { csrf, answer } = await terminal.progress('Signing in', async () => {
    successOf('sign-in', await browser.follow(authorizationUrl(IOS, BLINK_ORIGIN, request)));
    const csrf = { 'csrf-token': csrfTokenIn(await browser.get(SIGN_IN_URL)) };
    return { csrf, answer: await browser.submit(SIGN_IN_URL, { ...credentials, ...csrf }) };
  });
  if (!isRedirect(answer)) await enterCode(codeSentBy(answer));
  return terminal.progress('Signing in', async () => {
    const code = codeIn(await browser.get(CODE_URL));
    const exchange = codeExchangeRequest(IOS, code, request, caller.userAgent);
    return processCodeExchangeResponse(IOS, await browser.send(exchange));
  });

  /** Observed: 201 `{"status":"auth-completed"}`. */
  async function enterCode(sentBy: string): Promise<void> {
    for (let codes = 1; ; codes++) {
      const form = { '2fa_code': await questions.code(sentBy), ...csrf, remember_me: 'false' };
      const verified = await terminal.progress('Sending the code', () => browser.submit(VERIFY_URL, form));
      if (isSuccess(verified)) return;
      if (verified.status !== 412 && !REFUSALS.includes(verified.status)) {
        throw blinkFailure('sign-in', verified);
      }
      if (codes === MAX_CODES || questions.fromScript) throw wrongCode();
      terminal.note('Blink rejected this code.');
    }
  }
}

const pageArgumentsSchema = v.object({
  'csrf-token': v.pipe(v.string(), v.minLength(1), v.maxLength(4096)),
});

/** The CSRF token in `<script id="oauth-args">`, which every form must send back. */
function csrfTokenIn(page: HttpResponse): string {
  const script = parse(successOf('sign-in', page).text).querySelector('script#oauth-args');
  const pageArguments = jsonIn(script?.rawText, pageArgumentsSchema);
  if (pageArguments === undefined) throw unusableAnswer('sign-in', page, 'is not the expected page');
  return pageArguments['csrf-token'];
}

const SENT_BY = { sms: 'by text message', email: 'by e-mail', other: 'to your phone or e-mail' } as const;

const methodSchema = v.fallback(v.picklist(['sms', 'email', 'other']), 'other');

/** A code was sent with 412 always, with 202 if any of the fields is there. None of them is shown. */
function codeSentBy(answer: HttpResponse): string {
  const { status, text } = answer;
  const fields = jsonIn(text, v.record(v.string(), v.unknown())) ?? {};
  const hasAny = ['tsv_state', 'tsv_methods', 'next_time_in_secs'].some((name) => name in fields);
  if (status !== 412 && !(status === 202 && hasAny)) {
    throw isWrongPassword(answer) ? wrongPassword() : blinkFailure('sign-in', answer);
  }
  return SENT_BY[v.parse(methodSchema, fields['tsv_state'])];
}

const REFUSALS: readonly number[] = [400, 401, 403, 422];
/** Such as `{"error":"bad_request","error_cause":"empty_cookies"}`: the fault is in the form, not in the password. */
const badFormSchema = v.object({ error: v.literal('bad_request') });

function isWrongPassword({ status, text }: HttpResponse): boolean {
  return REFUSALS.includes(status) && !(status === 400 && jsonIn(text, badFormSchema) !== undefined);
}

function wrongPassword(): CommandError {
  return new CommandError('wrong_password', 'Blink rejected the e-mail address or the password.', [
    'Check both and run the command again. Five wrong passwords lock the account for ten minutes.',
  ]);
}

function wrongCode(): CommandError {
  return new CommandError('code_refused', 'Blink rejected the code.', [
    'Run the command again and enter the newest code. Nothing was changed.',
  ]);
}

/** The code in the redirect to the app. */
function codeIn(response: HttpResponse): string {
  if (!isRedirect(response)) throw blinkFailure('sign-in', response);
  const { location = '' } = response.headers;
  const url = location.startsWith(`${IOS.redirectUri}?`) ? URL.parse(location) : null;
  const code = v.safeParse(tokenSchema, url?.searchParams.get('code'));
  if (code.success) return code.output;
  throw unusableAnswer('sign-in', response, 'contains no code, although the sign-in was accepted');
}
