import { confirm, input, password } from '@inquirer/prompts';
import { maskedEmail } from './mask.ts';
import type { Questions } from './questions.ts';
import type { Streams } from './terminal.ts';

/** Asks on the terminal. Ctrl-C rejects with `ExitPromptError`. */
export function prompts({ stdin, stderr }: Streams): Questions {
  const context = { input: stdin, output: stderr };
  return {
    fromScript: false,
    email: () =>
      input(
        {
          message: 'E-mail address at Blink:',
          transformer: (text) => maskedEmail(text),
          validate: (text) =>
            /^\S+@\S+$/.test(text) || 'An e-mail address is wanted, such as ada@example.com.',
        },
        context,
      ),
    password: () =>
      password(
        {
          message: 'Password at Blink:',
          toggleMask: false,
          validate: (text) => text !== '' || 'A password is wanted.',
        },
        context,
      ),
    async code(sentBy) {
      const code = await password(
        {
          message: `Code that Blink has sent ${sentBy} (empty for another one):`,
          mask: '•',
          toggleMask: false,
          validate: (text) => /^\d{0,10}$/.test(text.trim()) || 'The code is made of digits.',
        },
        context,
      );
      return code.trim() === '' ? undefined : code.trim();
    },
    confirm: (message) => confirm({ message, default: false }, context),
    close: () => {},
  };
}
