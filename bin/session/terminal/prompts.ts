import { confirm, input, password, select } from '@inquirer/prompts';
import { wrap } from '../../../local/wrap.ts';
import { Interrupted } from '../errors/command-error.ts';
import { atKeyboard } from './keyboard.ts';
import { CODE_RULE, EMAIL_RULE, parseCode, parseEmail, type Questions } from './questions.ts';
import type { Streams } from './terminal.ts';

/** What a prompt shows around its question: `? ` and ` (y/N)`. */
const AROUND_QUESTION = 8;

/** Asks on the terminal. Ctrl-C rejects with `Interrupted`. */
export function prompts({ stdin, stderr }: Streams): Questions {
  const ask = async <T>(
    prompt: (context: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream }) => Promise<T>,
    ifInterrupted = 'Nothing was changed.',
  ) => {
    try {
      return await atKeyboard(stdin, (typed) => prompt({ input: typed, output: stderr }));
    } catch (error) {
      if (error instanceof Error && error.name === 'ExitPromptError') {
        throw new Interrupted(`Interrupted. ${ifInterrupted}`);
      }
      throw error;
    }
  };
  return {
    fromScript: false,
    address: () => ask((context) => password({ message: 'Address (hidden):', toggleMask: false }, context)),
    async email() {
      const validate = (text: string) => parseEmail(text) !== undefined || EMAIL_RULE;
      const text = await ask((context) => input({ message: 'E-mail address at Blink:', validate }, context));
      return parseEmail(text) ?? text;
    },
    password() {
      const validate = (text: string) => text !== '' || 'Enter the password.';
      return ask((context) =>
        password({ message: 'Password at Blink:', toggleMask: false, validate }, context),
      );
    },
    async code(sentBy) {
      const message = `Code that Blink has sent ${sentBy}:`;
      const validate = (text: string) => parseCode(text) !== undefined || CODE_RULE;
      const text = await ask((context) =>
        password({ message, mask: '•', toggleMask: false, validate }, context),
      );
      return parseCode(text) ?? text;
    },
    confirm(question, ifInterrupted) {
      const message = wrap(question, (stderr.columns ?? 80) - AROUND_QUESTION);
      return ask((context) => confirm({ message, default: false }, context), ifInterrupted);
    },
    choose: (message, choices) => ask((context) => select({ message, choices: [...choices] }, context)),
  };
}
