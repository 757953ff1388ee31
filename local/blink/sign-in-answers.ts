import type { Answer } from '../loopback-server.ts';
import { html, json, NOT_ACCEPTABLE, oauthError, redirect } from './answers.ts';
import type { SignIn } from './sign-ins.ts';

/** How a step of a sign-in ends that does not finish it. */
export type SignInResult =
  | { readonly kind: 'password_wanted' | 'code_wanted' | 'locked' | 'wrong_code' }
  | { readonly kind: 'wrong_password'; readonly username: string }
  /** Blink answers a password with 412 or 202, and a request for another code with 200. */
  | { readonly kind: 'code_sent'; readonly status: 200 | 202 | 412; readonly resendAfterSeconds: number }
  | { readonly kind: 'resend_too_early'; readonly seconds: number };

export function answerTo({ request, csrfToken }: SignIn, result: SignInResult): Answer {
  return request.client_id === 'ios' ? toScript(csrfToken, result) : toBrowser(csrfToken, result);
}

/** Where the stand-in sends codes to. */
const PHONE = '+1xxxxxxxx12';

/** What blinkpy and the app for iOS get. */
function toScript(csrfToken: string, result: SignInResult): Answer {
  switch (result.kind) {
    case 'password_wanted':
    case 'code_wanted':
      return html(
        200,
        `<!doctype html><title>Sign in</title><script id="oauth-args" type="application/json">${JSON.stringify({ 'csrf-token': csrfToken })}</script>`,
      );
    case 'locked':
      return NOT_ACCEPTABLE;
    case 'wrong_password':
      return oauthError(401, 'access_denied');
    case 'code_sent':
      return json(result.status, {
        next_time_in_secs: result.resendAfterSeconds,
        phone: PHONE,
        tsv_state: 'sms',
      });
    case 'wrong_code':
      return json(400, { error: 'Verification Code is invalid or expired' });
    case 'resend_too_early':
      return json(429, {
        error: 'too_many_requests',
        error_cause: '2fa_rate_limit_exceeded',
        next_time_in_secs: result.seconds,
      });
  }
}

/** What a person's browser gets: forms without scripts. No public source has the look and the texts of Blink's page. */
function toBrowser(csrfToken: string, result: SignInResult): Answer {
  switch (result.kind) {
    case 'password_wanted':
      return passwordPage(200, csrfToken);
    case 'wrong_password':
      return passwordPage(401, csrfToken, 'The e-mail address or the password is wrong.', result.username);
    case 'locked':
      return passwordPage(406, csrfToken, 'Too many wrong passwords. Try again in ten minutes.');
    case 'code_wanted':
      return codePage(200, csrfToken);
    case 'code_sent':
      // Another request for the page, so that reloading it does not send the password again.
      return redirect('/oauth/v2/signin');
    case 'wrong_code':
      return codePage(400, csrfToken, 'The code is wrong or has expired.');
    case 'resend_too_early':
      return codePage(429, csrfToken, `Another code can be sent in ${result.seconds} seconds.`);
  }
}

function passwordPage(status: number, csrfToken: string, problem?: string, username = ''): Answer {
  return htmlPage(
    status,
    'Sign in',
    `${alert(problem)}
<form method="post" action="/oauth/v2/signin">
<input type="hidden" name="csrf-token" value="${csrfToken}">
<label for="username">E-mail address</label>
<input id="username" name="username" type="email" autocomplete="username" required value="${escaped(username)}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button>
</form>`,
  );
}

function codePage(status: number, csrfToken: string, problem?: string): Answer {
  return htmlPage(
    status,
    'Enter the code',
    `<p>A code was sent to ${PHONE}.</p>
${alert(problem)}
<form method="post" action="/oauth/v2/2fa/verify">
<input type="hidden" name="csrf-token" value="${csrfToken}">
<input type="hidden" name="remember_me" value="false">
<label for="code">Code</label>
<input id="code" name="2fa_code" inputmode="numeric" autocomplete="one-time-code" required>
<button>Continue</button>
</form>
<form method="post" action="/oauth/v2/2fa/resend">
<input type="hidden" name="csrf-token" value="${csrfToken}">
<button>Send another code</button>
</form>`,
  );
}

function alert(problem: string | undefined): string {
  return problem === undefined ? '' : `<p role="alert">${problem}</p>`;
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A page without scripts that says whose it is. A browser stores and passes on nothing of its address. */
export function htmlPage(status: number, title: string, main: string): Answer {
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
    },
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – stand-in for Blink</title>
<style>body { font: 1rem/1.5 system-ui, sans-serif; max-width: 24rem; margin: 3rem auto } label, input, button { display: block; font: inherit }</style>
</head>
<body>
<main>
<h1>${title}</h1>
${main}
</main>
<footer><p>This is the stand-in for Blink on this machine. Do not enter a real password here.</p></footer>
</body>
</html>
`,
  };
}
