import type { CommanderError } from 'commander';
import { commandLine } from '../launcher.ts';
import { UsageError } from './command-error.ts';

/** Commander's words without what was typed, as that may be a secret in the wrong place. Names of options are kept. */
export function usageError({ code, message }: CommanderError, command: readonly string[]): UsageError {
  const near = NEAR.exec(message)?.[1];
  const said = message.replace(NEAR, '').replace(/^error: |\.$/g, '');
  const [, word] = /unknown option '-([a-z]{2,})'/.exec(message) ?? [];
  const suggestion = near ?? (word && `Did you mean --${word}?`);
  const words =
    code === 'commander.help'
      ? 'expected a command'
      : said.replace(UNKNOWN.test(said) ? TYPED : OURS, (_, option?: string) =>
          option === undefined ? '' : ` ${option}`,
        );
  return new UsageError(`${words.charAt(0).toUpperCase()}${words.slice(1)}.`, [
    ...(suggestion === undefined ? [] : [suggestion]),
    `See: ${commandLine(...command, '--help')}`,
  ]);
}

const NEAR = /\n\((Did you mean [a-z, -]+\?)\)$/;

const UNKNOWN = /^unknown /;
/** What was typed, to the last quotation mark: it may itself contain some. A whole name of an option is kept. */
const TYPED = / '(--?[a-z][a-z-]*(?==|'$))?.*'$/s;
/** Options and arguments as they are declared, and what follows. */
const OURS = /(?: for)? '(--?[a-z][a-z-]*)?[^']*'/g;
