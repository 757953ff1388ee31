import { parse } from 'node-html-parser';
import * as v from 'valibot';
import { blinkFailure, isSuccess, unusableAnswer } from '../../../lambda/core/blink/blink-failure.ts';
import type { HttpResponse } from '../../../lambda/core/blink/http-exchange.ts';

export const SIGN_IN_URL = new URL('https://api.oauth.blink.com/oauth/v2/signin');

const argumentsSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ 'csrf-token': v.pipe(v.string(), v.minLength(1), v.maxLength(4096)) }),
);

/** The CSRF token in `<script id="oauth-args">`, which every form must send back. */
export function processSignInPage(response: HttpResponse): string {
  if (!isSuccess(response)) throw blinkFailure('sign-in', response);
  const script = parse(response.text).querySelector('script#oauth-args');
  const parsed = v.safeParse(argumentsSchema, script?.rawText);
  if (!parsed.success) throw unusableAnswer('sign-in', response, 'is not the expected page');
  return parsed.output['csrf-token'];
}
