import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject, vi } from 'vitest';
import { synthesize } from '../../local/synthesize.ts';

/** The app's cloud assembly. The first test that needs it synthesizes it for all. */
export async function assembly(): Promise<string> {
  const directory = join(inject('shared'), 'assembly');
  const ended = `${directory}.ended`;
  const isFirst = await mkdir(directory).then(
    () => true,
    () => false,
  );
  if (isFirst) await synthesize(directory).finally(() => writeFile(ended, ''));
  else await vi.waitUntil(() => existsSync(ended), { timeout: 50_000 });
  return directory;
}
