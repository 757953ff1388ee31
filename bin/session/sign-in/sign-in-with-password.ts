import type { Grant } from '../../../lambda/core/blink/blink.ts';
import type { Context } from '../commands/command.ts';
import { CommandError } from '../errors/command-error.ts';
import { submitPassword } from './submit-password.ts';

/** Asks for e-mail address, password and code here, and sends them as a browser would. */

const MAX_CODES = 3;

export async function signInWithPassword(
  { terminal, target, questions }: Context,
  hardwareId: string,
): Promise<Grant> {
  const credentials = { email: await questions.email(), password: await questions.password(), hardwareId };
  let wrongCodes = 0;
  for (;;) {
    const answer = await terminal.progress('Signing in', () => submitPassword(target.caller, credentials));
    const sentAtMs = performance.now();
    if (answer.kind === 'signed_in') return answer.grant;
    if (answer.kind === 'wrong_password') throw wrongPassword();
    const { method, resendAfterSeconds, verify } = answer;
    for (;;) {
      const code = await questions.code(SENT_BY[method]);
      if (code === undefined) {
        const waitMs = resendAfterSeconds * 1000 - (performance.now() - sentAtMs);
        if (waitMs <= 0) break;
        terminal.note(`Blink can send another code in ${Math.ceil(waitMs / 1000)} s.`);
        continue;
      }
      const verified = await terminal.progress('Sending the code', () => verify(code));
      if (verified.kind === 'signed_in') return verified.grant;
      wrongCodes += 1;
      if (wrongCodes === MAX_CODES || questions.fromScript) throw wrongCode();
      terminal.note('Blink rejected this code.');
    }
  }
}

const SENT_BY = { sms: 'by text message', email: 'by e-mail', unknown: 'to your phone or e-mail' } as const;

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
