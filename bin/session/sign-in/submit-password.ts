import { parse } from 'node-html-parser';
import * as v from 'valibot';
import type { Grant } from '../../../lambda/core/blink/blink.ts';
import { blinkFailure, successOf, unusableAnswer } from '../../../lambda/core/blink/blink-failure.ts';
import { type HttpResponse, isSuccess } from '../../../lambda/core/blink/http-exchange.ts';
import { jsonIn } from '../../../lambda/core/blink/json-in.ts';
import type { Caller } from '../../../lambda/core/blink/rest-call.ts';
import { tokenSchema } from '../../../lambda/core/blink/token.ts';
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

/**
 * Signs an app installation in with e-mail address, password and a second factor's code, as the page's script does (after
 * blinkpy). Nothing is retried: Blink locks accounts after repeated attempts.
 */

const SIGN_IN_URL = new URL('/oauth/v2/signin', BLINK_ORIGIN);
const VERIFY_URL = new URL('/oauth/v2/2fa/verify', BLINK_ORIGIN);
/** Redirects to the app with the code, once the sign-in is accepted. The parameters are in a cookie. */
const CODE_URL = new URL('/oauth/v2/authorize', BLINK_ORIGIN);

export interface Credentials {
  readonly email: string;
  readonly password: string;
  /** Constant for an installation. Blink identifies the client by it. */
  readonly hardwareId: string;
}

/** Blink has sent a code. */
export interface SecondFactor {
  readonly sentBy: string;
  /** Resolves with `undefined` if Blink rejects the code. */
  verify(code: string): Promise<Grant | undefined>;
}

export async function submitPassword(
  caller: Pick<Caller, 'exchange' | 'userAgent'>,
  { email, password, hardwareId }: Credentials,
): Promise<Grant | SecondFactor> {
  const browser = new Browser(caller.exchange);
  const request = { hardwareId, verifier: randomText() };

  successOf('sign-in', await browser.follow(authorizationUrl(IOS, BLINK_ORIGIN, request)));
  const csrf = { 'csrf-token': csrfTokenIn(await browser.get(SIGN_IN_URL)) };

  const answer = await browser.submit(SIGN_IN_URL, { username: email, password, ...csrf });
  if (isRedirect(answer)) return finish();
  const codeSentBy = sentBy(answer);
  if (codeSentBy !== undefined) return { sentBy: codeSentBy, verify };
  throw isWrongPassword(answer) ? wrongPassword() : blinkFailure('sign-in', answer);

  /** Observed: 201 `{"status":"auth-completed"}`. */
  async function verify(code: string): Promise<Grant | undefined> {
    const verified = await browser.submit(VERIFY_URL, { '2fa_code': code, ...csrf, remember_me: 'false' });
    if (isSuccess(verified)) return finish();
    if (verified.status === 412 || REFUSALS.includes(verified.status)) return undefined;
    throw blinkFailure('sign-in', verified);
  }

  async function finish(): Promise<Grant> {
    const code = codeIn(await browser.get(CODE_URL));
    const response = await browser.send(codeExchangeRequest(IOS, code, request, caller.userAgent));
    return processCodeExchangeResponse(IOS, response);
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

/** How the code was sent, if one was: with 412 always, with 202 if any of the fields is there. None of them is shown. */
function sentBy({ status, text }: HttpResponse): string | undefined {
  const fields = jsonIn(text, v.record(v.string(), v.unknown())) ?? {};
  const hasAny = ['tsv_state', 'tsv_methods', 'next_time_in_secs'].some((name) => name in fields);
  if (status !== 412 && !(status === 202 && hasAny)) return undefined;
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

/** The code in the redirect to the app. */
function codeIn(response: HttpResponse): string {
  if (!isRedirect(response)) throw blinkFailure('sign-in', response);
  const { location = '' } = response.headers;
  const url = location.startsWith(`${IOS.redirectUri}?`) ? URL.parse(location) : null;
  const code = v.safeParse(tokenSchema, url?.searchParams.get('code'));
  if (code.success) return code.output;
  throw unusableAnswer('sign-in', response, 'contains no code, although the sign-in was accepted');
}
