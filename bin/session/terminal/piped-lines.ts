import { createInterface } from 'node:readline';
import { CommandError } from '../errors/command-error.ts';
import type { Questions } from './questions.ts';
import type { Streams } from './terminal.ts';

/** Takes the answers from a pipe, one a line, in the order in which they are wanted. */
export function pipedLines(stdin: Streams['stdin']): Questions {
  let lines: AsyncIterator<string> | undefined;
  const next = async (what: string): Promise<string> => {
    // Not before something is asked: what is piped in may be meant for somebody else.
    lines ??= createInterface({ input: stdin, terminal: false })[Symbol.asyncIterator]();
    const line = await lines.next();
    if (line.done || line.value === '') {
      throw new CommandError('input_missing', `The input ended before ${what} came.`, [
        'A script pipes in one line each: e-mail address, password, and the code once Blink has sent it.',
      ]);
    }
    return line.value;
  };
  return {
    fromScript: true,
    email: () => next('an e-mail address'),
    password: () => next('a password'),
    code: () => next('the second factor’s code'),
    confirm: async () => false,
    close: () => stdin.destroy(),
  };
}
