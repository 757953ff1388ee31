import type { Answer } from '../loopback-server.ts';
import { redirect } from './answers.ts';
import { escaped, htmlPage } from './html-page.ts';
import type { PendingSignIn } from './pending-sign-ins.ts';
import { PHONE, type SignInResult } from './sign-in-result.ts';

/** What a person's browser gets: forms without scripts. No public source has the look and the texts of Blink's page. */
export function toBrowserAnswer({ csrfToken }: PendingSignIn, result: SignInResult): Answer {
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
${hidden('csrf-token', csrfToken)}
<label for="username">E-mail address</label>
<input id="username" name="username" type="email" autocomplete="username" required value="${escaped(username)}"${describedBy(problem)}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${describedBy(problem)}>
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
${hidden('csrf-token', csrfToken)}
${hidden('remember_me', 'false')}
<label for="code">Code</label>
<input id="code" name="2fa_code" inputmode="numeric" autocomplete="one-time-code" required${status === 400 ? describedBy(problem) : ''}>
<button>Continue</button>
</form>
<form method="post" action="/oauth/v2/2fa/resend">
${hidden('csrf-token', csrfToken)}
<button>Send another code</button>
</form>`,
  );
}

function alert(problem: string | undefined): string {
  return problem === undefined ? '' : `<p id="problem" role="alert">${problem}</p>`;
}

function describedBy(problem: string | undefined): string {
  return problem === undefined ? '' : ' aria-invalid="true" aria-describedby="problem"';
}

function hidden(name: string, value: string): string {
  return `<input type="hidden" name="${name}" value="${value}">`;
}
