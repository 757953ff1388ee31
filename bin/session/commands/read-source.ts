import { readdir, readFile, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { CommandError } from '../errors/command-error.ts';
import type { Streams } from '../terminal/terminal.ts';
import { parseSessionName } from './command.ts';

export interface SourceFile {
  /** Without control characters, which could change what a terminal shows. */
  readonly name: string;
  readonly path: string;
}

/** The files of a folder, without hidden files and folders; `undefined` if the path is not of a folder. */
export function filesIn(path: string): Promise<readonly SourceFile[] | undefined> {
  return readable(async () => {
    if (!(await stat(path)).isDirectory()) return undefined;
    return (await readdir(path, { withFileTypes: true }))
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map(({ name }) => ({ name: name.replaceAll(/\p{C}+/gu, '?'), path: join(path, name) }))
      .sort((a, b) => a.name.localeCompare(b.name));
  });
}

/** @param path of a file, or `-` for stdin */
export function readText(path: string, stdin: Streams['stdin']): Promise<string> {
  return readable(async () => textOf(path === '-' ? await buffer(stdin) : await readFile(path)));
}

/** The session of a folder's file. Throws if its name is not one, or if another file has the same. */
export function sessionOf({ name }: SourceFile, files: readonly SourceFile[]): string {
  const session = parse(name).name;
  const same = files.filter((file) => parse(file.name).name === session);
  if (same.length > 1) {
    const names = same.map((file) => file.name).join(' and ');
    throw new CommandError('source_invalid', `${names} name one session.`, ['Rename all but one.']);
  }
  return parseSessionName(session);
}

/** Windows' PowerShell writes UTF-16 with a byte order mark. */
function textOf(bytes: Buffer): string {
  const encoding = { fffe: 'utf-16le', feff: 'utf-16be' }[bytes.toString('hex', 0, 2)] ?? 'utf-8';
  const text = new TextDecoder(encoding).decode(bytes);
  if (text.trim() === '') throw unusable('it is empty');
  // What cannot be decoded is replaced. UTF-16 without a mark has zeros.
  if (/[\0\uFFFD]/.test(text)) {
    throw unusable('it is not text in UTF-8, or in UTF-16 with a byte order mark');
  }
  return text;
}

function unusable(fault: string): CommandError {
  return new CommandError('source_invalid', `The tokens cannot be imported: ${fault}.`);
}

async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new CommandError(
      'source_unreadable',
      `The file could not be read (${code}).`,
      ['Check the path given with --from.'],
      cause,
    );
  }
}
