import { readFile } from 'node:fs/promises';
import { CommandError, UsageError } from '../errors/command-error.ts';
import type { Streams } from '../terminal/terminal.ts';

/** The text of a file, or of stdin for `-`. */
export async function readSource(from: string, stdin: Streams['stdin']): Promise<string> {
  if (from !== '-') return readText(from);
  // Text that is typed or pasted here would stay on the screen.
  if (stdin.isTTY)
    throw new UsageError('--from - reads from a pipe: cat FILE | npm run session -- import --from -');
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
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
