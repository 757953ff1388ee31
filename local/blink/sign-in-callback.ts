import type { Answer } from '../loopback-server.ts';
import { redirect } from './answers.ts';
import { ANDROID_REDIRECT_URI } from './forms.ts';
import { htmlPage } from './html-page.ts';
import type { ReceivedRequest } from './received-request.ts';

/** The host by which a browser of this machine reaches the stand-in. */
export const BROWSER_HOST = '127.0.0.1';

const { pathname: CALLBACK_PATH } = new URL(ANDROID_REDIRECT_URI);

/**
 * Redirects to where a browser's sign-in ends (RFC 6749, sections 4.1.2 and 4.1.2.1). A browser of this machine stays with
 * the stand-in, because it would reach Blink's real host.
 */
export function redirectToCallback(
  { host }: ReceivedRequest,
  parameters: Readonly<Record<string, string>>,
): Answer {
  const address = host === BROWSER_HOST ? CALLBACK_PATH : ANDROID_REDIRECT_URI;
  return redirect(`${address}?${new URLSearchParams(parameters)}`);
}

/** What a browser on a computer shows there. The address stays in its address bar. */
export function callbackPage(): Answer {
  return htmlPage(
    200,
    'Unsupported Browser',
    '<p>Blink’s app is not on this device. Copy the whole address of this page, and paste it where you began.</p>',
  );
}
