import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FUNCTION = fileURLToPath(new URL('../lambda', import.meta.url));

const NO_PRIMING = `
export const askAhead = (ask) => ({ ask, over: Promise.resolve() });
export const readAhead = (store) => store;
`;

/** The function's sources without what they do ahead of the first call, and with all else. */
export async function writeUnprimedSources(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await cp(FUNCTION, directory, { recursive: true });
  await writeFile(join(directory, 'priming.ts'), NO_PRIMING);
  const handler = join(directory, 'handler.ts');
  const opensAhead = /^connections\.openAhead\(.*\);$/m;
  const text = await readFile(handler, 'utf8');
  if (!opensAhead.test(text))
    throw new Error('the handler opens nothing ahead: the comparison would be none');
  await writeFile(handler, text.replace(opensAhead, ''));
}
