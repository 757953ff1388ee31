import { confirm, input, password } from '@inquirer/prompts';
import { wrap } from '../../../local/wrap.ts';
import { Interrupted } from '../errors/command-error.ts';
import { Keyboard } from './keyboard.ts';
import { CODE_RULE, EMAIL_RULE, parseCode, parseEmail, type Questions } from './questions.ts';
import type { Streams } from './terminal.ts';

/** What a prompt shows around its question: `? ` and ` (y/N)`. */
const AROUND_QUESTION = 8;

/** Asks on the terminal. Ctrl-C rejects with `Interrupted`. */
export function prompts({ stdin, stderr }: Streams): Questions {
  const keyboard = new Keyboard(stdin);
  const fitted = (question: string) => wrap(question, (stderr.columns ?? 80) - AROUND_QUESTION);
  const accept = (isValid: boolean, rule: string) => {
    if (isValid) return true;
    return keyboard.dropPasted() ? fitted(`${rule} The other lines that you pasted are ignored.`) : rule;
  };
  const ask = async <T>(
    prompt: (context: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream }) => Promise<T>,
    ifInterrupted = 'Nothing was changed.',
  ) => {
    try {
      return await keyboard.forOneLine((line) => prompt({ input: line, output: stderr }));
    } catch (error) {
      if (error instanceof Error && error.name === 'ExitPromptError') {
        throw new Interrupted(`Interrupted. ${ifInterrupted}`);
      }
      throw error;
    }
  };
  return {
    fromScript: false,
    address() {
      keyboard.dropPasted();
      return ask((context) => password({ message: 'Address (hidden):', toggleMask: false }, context));
    },
    async email() {
      const validate = (text: string) => accept(parseEmail(text) !== undefined, EMAIL_RULE);
      const text = await ask((context) => input({ message: 'E-mail address at Blink:', validate }, context));
      return parseEmail(text) ?? text;
    },
    password() {
      const validate = (text: string) => accept(text !== '', 'Enter the password.');
      return ask((context) =>
        password({ message: 'Password at Blink:', toggleMask: false, validate }, context),
      );
    },
    async code(sentBy) {
      const message = `Code that Blink has sent ${sentBy}:`;
      const validate = (text: string) => accept(parseCode(text) !== undefined, CODE_RULE);
      const text = await ask((context) =>
        password({ message, mask: '•', toggleMask: false, validate }, context),
      );
      return parseCode(text) ?? text;
    },
    confirm(message, ifInterrupted) {
      keyboard.dropPasted();
      return ask((context) => confirm({ message: fitted(message), default: false }, context), ifInterrupted);
    },
    close() {
      if (keyboard.dropPasted()) stderr.write('The other lines that you pasted were not needed.\n');
    },
  };
}
