import { readdir, readFile, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { CommandError, UsageError } from '../errors/command-error.ts';
import { commandLine } from '../launcher.ts';
import type { Streams } from '../terminal/terminal.ts';

/** A folder, or the text of one file or of stdin. */
export type Source =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'folder'; readonly files: readonly SourceFile[] };

export interface SourceFile {
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
      : { kind: 'text', text: await readFile(from, 'utf8') },
  );
}

export function readSourceFile({ path }: SourceFile): Promise<string> {
  return readable(() => readFile(path, 'utf8'));
}

/** Without hidden files and folders. */
async function filesIn(folder: string): Promise<readonly SourceFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map(({ name }) => ({ session: parse(name).name, path: join(folder, name) }))
    .sort((a, b) => a.session.localeCompare(b.session));
}

async function readPiped(stdin: Streams['stdin']): Promise<string> {
  // Text that is typed or pasted here would stay on the screen.
  if (stdin.isTTY)
    throw new UsageError(`--from - reads from a pipe: cat FILE | ${commandLine('import', '--from', '-')}`);
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
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
