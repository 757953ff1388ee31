import { readdir, readFile, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
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
  if (from === '-') return { kind: 'text', text: await readPiped(stdin) };
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
    throw new CommandError(
      'source_invalid',
      `${same.map(({ name }) => name).join(' and ')} name one session.`,
      ['Rename all but one.'],
    );
  }
  if (v.safeParse(sessionNameSchema, session).success) return session;
  const extension = parse(name).ext;
  const proposed = session
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 63);
  throw new CommandError('source_invalid', 'A session’s name has only a-z, 0-9 and -.', [
    `Rename the file${proposed === '' ? '' : `, such as to ${proposed}${extension}`}.`,
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

async function readPiped(stdin: Streams['stdin']): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return textOf(Buffer.concat(chunks));
}

/** Windows' PowerShell writes UTF-16 with a byte order mark. */
function textOf(bytes: Buffer): string {
  return new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8').decode(bytes);
}

async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new CommandError(
      'source_unreadable',
      `The file could not be read (${code}).`,
      ['Check the path given with --from.'],
      cause,
    );
  }
}
