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
    if (!('verify' in answer)) return answer;
    const nextAtMs = performance.now() + answer.resendAfterSeconds * 1000;
    for (;;) {
      const code = await questions.code(answer.sentBy);
      if (code === undefined) {
        const waitMs = nextAtMs - performance.now();
        if (waitMs <= 0) break;
        terminal.note(`Blink can send another code in ${Math.ceil(waitMs / 1000)} s.`);
        continue;
      }
      const grant = await terminal.progress('Sending the code', () => answer.verify(code));
      if (grant !== undefined) return grant;
      wrongCodes += 1;
      if (wrongCodes === MAX_CODES || questions.fromScript) throw wrongCode();
      terminal.note('Blink rejected this code.');
    }
  }
}

function wrongCode(): CommandError {
  return new CommandError('code_refused', 'Blink rejected the code.', [
    'Run the command again and enter the newest code. Nothing was changed.',
  ]);
}
