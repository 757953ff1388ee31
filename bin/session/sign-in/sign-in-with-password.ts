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
  const answer = await terminal.progress('Signing in', () => submitPassword(target.caller, credentials));
  if (!('verify' in answer)) return answer;
  for (let codes = 1; ; codes++) {
    const code = await questions.code(answer.sentBy);
    const grant = await terminal.progress('Sending the code', () => answer.verify(code));
    if (grant !== undefined) return grant;
    if (codes === MAX_CODES || questions.fromScript) throw wrongCode();
    terminal.note('Blink rejected this code.');
  }
}

function wrongCode(): CommandError {
  return new CommandError('code_refused', 'Blink rejected the code.', [
    'Run the command again and enter the newest code. Nothing was changed.',
  ]);
}
