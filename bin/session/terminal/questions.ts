import { CommandError } from '../errors/command-error.ts';

/** What a command may ask a person at the terminal, or a script that pipes in its answers. */
export interface Questions {
  readonly fromScript: boolean;
  /** The address at the end of a sign-in. Contains a secret, and may be anything else. */
  address(): Promise<string>;
  email(): Promise<string>;
  password(): Promise<string>;
  code(sentBy: string): Promise<string>;
  /**
   * Resolves with false for a script, which is never asked.
   * @param ifInterrupted what a person reads who presses Ctrl-C. @default nothing was changed
   */
  confirm(question: string, ifInterrupted?: string): Promise<boolean>;
  /** Rejects for a script. */
  choose<T>(question: string, choices: readonly { readonly name: string; readonly value: T }[]): Promise<T>;
}

export async function cannotChoose(question: string): Promise<never> {
  throw new CommandError('input_missing', `${question} To choose, import the file alone, at a terminal.`);
}

export const EMAIL_RULE = 'Enter an e-mail address, such as ada@example.com.';
export const CODE_RULE = 'Enter the digits of the code. For another code, run the command again.';

/** Without the spaces that came along with a copy; `undefined` if it is no e-mail address. */
export function parseEmail(text: string): string | undefined {
  return /^\s*(\S+@\S+)\s*$/.exec(text)?.[1];
}

/** The digits of a code, which Blink's messages may group: `123 456`. */
export function parseCode(text: string): string | undefined {
  const digits = text.replaceAll(/\s/g, '');
  return /^\d{1,10}$/.test(digits) ? digits : undefined;
}
