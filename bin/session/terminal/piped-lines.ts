import { createInterface } from 'node:readline';
import { CommandError } from '../errors/command-error.ts';
import { CODE_RULE, cannotChoose, EMAIL_RULE, parseCode, parseEmail, type Questions } from './questions.ts';
import type { Streams } from './terminal.ts';

const ADVICE = [
  'A script pipes in one line each: e-mail address, password, and the code after Blink has sent it.',
];

/** Takes the answers from a pipe, one line each, in the order in which they are needed. */
export function pipedLines(stdin: Streams['stdin']): Questions {
  let lines: AsyncIterator<string> | undefined;
  const next = async (what: string, advice = ADVICE): Promise<string> => {
    // Only when something is asked: the input may be for something else, such as a shell's loop.
    lines ??= createInterface({ input: stdin, terminal: false })[Symbol.asyncIterator]();
    const { done, value } = await lines.next();
    if (done || value === '') throw new CommandError('input_missing', `The input lacks ${what}.`, advice);
    return value;
  };
  const valid = (value: string | undefined, rule: string): string => {
    if (value === undefined) throw new CommandError('input_invalid', rule, ADVICE);
    return value;
  };
  return {
    fromScript: true,
    address: () => next('the address at the end of the sign-in', []),
    email: async () => valid(parseEmail(await next('the e-mail address')), EMAIL_RULE),
    password: () => next('the password'),
    code: async () => valid(parseCode(await next('the code')), CODE_RULE),
    confirm: async () => false,
    choose: cannotChoose,
  };
}
