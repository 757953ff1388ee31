import { Argument, type Command } from 'commander';
import * as v from 'valibot';
import {
  DEFAULT_SESSION,
  sessionNameSchema,
  sessionPatternSchema,
} from '../../../lambda/core/session-name.ts';
import { UsageError } from '../errors/command-error.ts';
import type { Target } from '../target.ts';
import type { Interruption } from '../terminal/interruption.ts';
import type { Questions } from '../terminal/questions.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** What a command works with. */
export interface Context {
  readonly terminal: Terminal;
  readonly target: Target;
  readonly questions: Questions;
  readonly interruption: Interruption;
}

export const OK = 0;
export const FAILED = 1;

/** Resolves with the exit code. */
export type Task = (context: Context) => Promise<typeof OK | typeof FAILED>;

/** Adds one command to the program. Its action calls `start` with the task, and the session that an error is about. */
export type AddCommand = (program: Command, start: (task: Task, session?: string) => void) => void;

export function sessionArgument(): Argument {
  return new Argument('[name]', 'the session: a-z, 0-9 and -')
    .default(DEFAULT_SESSION)
    .argParser(parseSessionName);
}

/** Of `--sessions`: names and patterns, apart or with commas between them. */
export function parsePatterns(text: string, before: readonly string[] = []): readonly string[] {
  const patterns = [...before, ...text.split(/[\s,]+/).filter((pattern) => pattern !== '')];
  if (patterns.length > 0 && v.is(v.array(sessionPatternSchema), patterns)) return patterns;
  throw new UsageError(
    '--sessions expects names and patterns of a-z, 0-9, - and *, such as garden,tenant-a-*.',
  );
}

export function parseSessionName(name: string): string {
  const parsed = v.safeParse(sessionNameSchema, name);
  if (parsed.success) return parsed.output;
  throw new UsageError(
    'A session’s name has 1 to 63 characters of a-z, 0-9 and -, and starts with a letter or a digit.',
  );
}
