import type { CommanderError } from 'commander';
import { commandLine } from '../launcher.ts';
import { UsageError } from './command-error.ts';

/** Commander's words without what was typed, as that may be a secret in the wrong place. Names of options are kept. */
export function usageError({ code, message }: CommanderError, command: readonly string[]): UsageError {
  const [said = '', near] = message.replace(/^error: |\.$/g, '').split(/\n(?=\(Did you mean)/);
  const [, word] = /unknown option '-([a-z]{2,})'/.exec(message) ?? [];
  const suggestion = near?.slice(1, -1) ?? (word && `Did you mean --${word}?`);
  const words =
    code === 'commander.help'
      ? 'a command is missing'
      : said.replaceAll(TYPED, (_, option?: string) => (option === undefined ? '' : ` ${option}`));
  return new UsageError(`${words.charAt(0).toUpperCase()}${words.slice(1)}.`, [
    ...(suggestion === undefined ? [] : [suggestion]),
    `See: ${commandLine(...command, '--help')}`,
  ]);
}

/** In quotation marks. */
const TYPED = /(?: for)? '(--?[a-z][a-z-]*)?[^']*'/g;
