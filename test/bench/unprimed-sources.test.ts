import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeUnprimedSources } from '../../bench/unprimed-sources.ts';

test('the sources to compare with do nothing ahead, and all else', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'blink-logout-'));
  await writeUnprimedSources(join(directory, 'lambda'));
  const read = (file: string) => readFile(join(directory, 'lambda', file), 'utf8');
  expect(await read('handler.ts')).not.toContain('openAhead');
  expect(await read('priming.ts')).not.toContain('setTimeout');
  expect(await read('run.ts')).toBe(await readFile('lambda/run.ts', 'utf8'));
  await rm(directory, { recursive: true });
});
