import type { Target } from './target.ts';
import type { Questions } from './terminal/questions.ts';
import type { Terminal } from './terminal/terminal.ts';

/** What every command is given. A command resolves with its exit code. */
export interface Context {
  readonly terminal: Terminal;
  readonly target: Target;
  readonly questions: Questions;
}

export const OK = 0;
export const FAILED = 1;
export const USAGE = 2;

export type ExitCode = typeof OK | typeof FAILED | typeof USAGE;
