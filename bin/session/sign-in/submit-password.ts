import type { Grant } from '../../../lambda/core/blink/blink.ts';
import { blinkFailure, isSuccess } from '../../../lambda/core/blink/blink-failure.ts';
import type { Caller } from '../../../lambda/core/blink/caller.ts';
import {
  authorizationCodeUrl,
  createVerifier,
  IOS,
  passwordAuthorizationUrl,
  processAuthorizationCodeResponse,
} from './authorization.ts';
import { Browser } from './browser.ts';
import { iosExchangeRequest, processCodeExchangeResponse } from './code-exchange.ts';
import { type PasswordAnswer, passwordForm, processPasswordResponse } from './password.ts';
import { type CodeAnswer, codeForm, processCodeResponse, VERIFY_URL } from './second-factor.ts';
import { processSignInPage, SIGN_IN_URL } from './sign-in-page.ts';

/**
 * Signs an app installation in: OAuth's authorization code with PKCE, a password, and a second factor's code (after
 * blinkpy). Nothing is retried: Blink locks accounts after repeated attempts.
 */

export interface Credentials {
  readonly email: string;
  readonly password: string;
  /** Constant for an installation. Blink identifies the client by it. */
  readonly hardwareId: string;
}

export type SignedIn = { readonly kind: 'signed_in'; readonly grant: Grant };

export type PasswordResult =
  | SignedIn
  | (Extract<PasswordAnswer, { kind: 'second_factor_wanted' }> & {
      verify(code: string): Promise<VerifyResult>;
    })
  | Exclude<PasswordAnswer, { kind: 'accepted' | 'second_factor_wanted' }>;

export type VerifyResult = SignedIn | Exclude<CodeAnswer, { kind: 'accepted' }>;

/**
 * If a second factor is wanted, Blink has sent its code. Call again for another code: no public source documents a request
 * for it, and each accepted password sends a new one.
 */
export async function submitPassword(
  caller: Pick<Caller, 'exchange' | 'userAgent'>,
  { email, password, hardwareId }: Credentials,
): Promise<PasswordResult> {
  const browser = new Browser(caller.exchange);
  const request = { hardwareId, verifier: createVerifier() };

  const begun = await browser.follow(passwordAuthorizationUrl(request));
  if (!isSuccess(begun)) throw blinkFailure('sign-in', begun);
  const csrfToken = processSignInPage(await browser.get(SIGN_IN_URL));

  const answer = processPasswordResponse(
    await browser.submit(SIGN_IN_URL, passwordForm(email, password, csrfToken)),
  );
  switch (answer.kind) {
    case 'accepted':
      return finish();
    case 'second_factor_wanted':
      return { ...answer, verify };
    case 'wrong_password':
      return answer;
  }

  async function verify(code: string): Promise<VerifyResult> {
    const verified = processCodeResponse(await browser.submit(VERIFY_URL, codeForm(code, csrfToken)));
    return verified.kind === 'accepted' ? finish() : verified;
  }

  async function finish(): Promise<SignedIn> {
    const code = processAuthorizationCodeResponse(await browser.get(authorizationCodeUrl()));
    const response = await browser.send(iosExchangeRequest(code, request, caller.userAgent));
    return { kind: 'signed_in', grant: processCodeExchangeResponse(response, IOS) };
  }
}
