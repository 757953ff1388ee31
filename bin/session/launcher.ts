import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const LAUNCHER = 'bin/blink-logout';

/** A command line that can be pasted into a POSIX shell in the working directory. */
export function commandLine(...words: readonly string[]): string {
  const launcher = resolve() === resolve(PROJECT) ? LAUNCHER : quoted(join(PROJECT, LAUNCHER));
  return [launcher, ...words].join(' ');
}

/** One word of a command line, whatever it contains. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
