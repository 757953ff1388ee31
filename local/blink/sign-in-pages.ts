import type { Answer } from '../loopback-server.ts';
import { html } from './answers.ts';
import type { SignIn } from './sign-ins.ts';

/** The pages are forms that work without scripts. No public source has the look and the texts of Blink's pages. */

/** Where the stand-in sends codes to. */
export const PHONE = '+1xxxxxxxx12';

export function passwordPage(signIn: SignIn, status = 200, problem?: string): Answer {
  return formPage(
    signIn,
    status,
    'Sign in',
    `${alert(problem)}
<form method="post" action="/oauth/v2/signin">
<input type="hidden" name="csrf-token" value="${signIn.csrfToken}">
<label for="username">E-mail address</label>
<input id="username" name="username" type="email" autocomplete="username" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button>
</form>`,
  );
}

export function codePage(signIn: SignIn, status = 200, problem?: string): Answer {
  return formPage(
    signIn,
    status,
    'Enter the code',
    `<p>A code was sent to ${PHONE}.</p>
${alert(problem)}
<form method="post" action="/oauth/v2/2fa/verify">
<input type="hidden" name="csrf-token" value="${signIn.csrfToken}">
<input type="hidden" name="remember_me" value="false">
<label for="code">Code</label>
<input id="code" name="2fa_code" inputmode="numeric" autocomplete="one-time-code" required>
<button>Continue</button>
</form>`,
  );
}

/** What a browser on a computer shows at the end. The address stays in its address bar. */
export function callbackPage(): Answer {
  return page(
    200,
    'Unsupported Browser',
    '<p>Blink’s app is not on this device. Copy the whole address of this page, and paste it where you began.</p>',
  );
}

/** Blink's apps read the token of the form from `oauth-args`. */
function formPage({ csrfToken }: SignIn, status: number, title: string, main: string): Answer {
  const oauthArgs = JSON.stringify({ 'csrf-token': csrfToken });
  return page(
    status,
    title,
    `${main}
<script id="oauth-args" type="application/json">${oauthArgs}</script>`,
  );
}

function alert(problem: string | undefined): string {
  return problem === undefined ? '' : `<p role="alert">${problem}</p>`;
}

/** A page that says whose it is. */
function page(status: number, title: string, main: string): Answer {
  return html(
    status,
    `<!doctype html>
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
  );
}
