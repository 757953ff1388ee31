import { readdir, readFile, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { buffer } from 'node:stream/consumers';
import * as v from 'valibot';
import { sessionNameSchema } from '../../../lambda/core/session-name.ts';
import { CommandError } from '../errors/command-error.ts';
import type { Streams } from '../terminal/terminal.ts';

/** A folder, or the text of one file or of stdin. */
export type Source =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'folder'; readonly files: readonly SourceFile[] };

export interface SourceFile {
  /** Without control characters, which could change what a terminal shows. */
  readonly name: string;
  /** The file's name without its extension. */
  readonly session: string;
  readonly path: string;
}

/** @param from a path, or `-` for stdin */
export async function readSource(from: string, stdin: Streams['stdin']): Promise<Source> {
  if (from === '-') return { kind: 'text', text: textOf(await buffer(stdin)) };
  return readable(async () =>
    (await stat(from)).isDirectory()
      ? { kind: 'folder', files: await filesIn(from) }
      : { kind: 'text', text: textOf(await readFile(from)) },
  );
}

export function readSourceFile({ path }: SourceFile): Promise<string> {
  return readable(async () => textOf(await readFile(path)));
}

/** The session of a folder's file. Throws if its name is not one, or if another file has the same. */
export function sessionOf({ name, session }: SourceFile, files: readonly SourceFile[]): string {
  const same = files.filter((file) => file.session === session);
  if (same.length > 1) {
    const names = same.map((file) => file.name).join(' and ');
    throw new CommandError('source_invalid', `${names} name one session.`, ['Rename all but one.']);
  }
  if (v.safeParse(sessionNameSchema, session).success) return session;
  const proposed = session
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 63);
  throw new CommandError('source_invalid', 'A session’s name has only a-z, 0-9 and -.', [
    `Rename the file${proposed === '' ? '' : `, such as to ${proposed}${parse(name).ext}`}.`,
  ]);
}

/** Without hidden files and folders. */
async function filesIn(folder: string): Promise<readonly SourceFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map(({ name }) => ({
      name: name.replaceAll(/\p{C}+/gu, '?'),
      session: parse(name).name,
      path: join(folder, name),
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Windows' PowerShell writes UTF-16 with a byte order mark. */
function textOf(bytes: Buffer): string {
  const encoding = { fffe: 'utf-16le', feff: 'utf-16be' }[bytes.toString('hex', 0, 2)] ?? 'utf-8';
  const text = decoded(bytes, encoding);
  if (text?.trim() === '') throw unusable('it is empty');
  // UTF-16 without a mark has zeros.
  if (text === undefined || text.includes('\0')) {
    throw unusable('it is not text in UTF-8, or in UTF-16 with a byte order mark');
  }
  return text;
}

function decoded(bytes: Buffer, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
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
