import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const LAUNCHER = 'bin/blink-logout';

const isInProject = () => resolve() === resolve(PROJECT);

/** A command line that can be pasted into a POSIX shell in the working directory. */
export function commandLine(...words: readonly string[]): string {
  return [isInProject() ? LAUNCHER : quoted(join(PROJECT, LAUNCHER)), ...words].join(' ');
}

/** The same for npm and a script of the project. */
export function npmLine(...words: readonly string[]): string {
  return ['npm', ...(isInProject() ? [] : ['--prefix', quoted(resolve(PROJECT))]), ...words].join(' ');
}

/** One word of a command line, whatever it contains. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
