import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withSourcePositions } from '../../../lambda/logout/source-positions.ts';

const SOURCE = `
export function outer(): void {
  inner();
}

function inner(): never {
  throw new Error('broken');
}
`;

let directory: string;
let frames: readonly string[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'blink-logout-'));
  await writeFile(join(directory, 'broken.ts'), SOURCE);
  await build({
    absWorkingDir: directory,
    entryPoints: ['broken.ts'],
    bundle: true,
    minify: true,
    format: 'cjs',
    sourcemap: 'external',
    outdir: directory,
    outExtension: { '.js': '.cjs' },
    logLevel: 'silent',
  });
  frames = framesOf(createRequire(import.meta.url)(join(directory, 'broken.cjs')).outer);
});
afterAll(() => rm(directory, { recursive: true }));

function framesOf(thrower: () => void): readonly string[] {
  try {
    thrower();
    return [];
  } catch (error) {
    const [, ...lines] = String(error instanceof Error && error.stack).split('\n');
    return lines.map((line) => line.trim());
  }
}

test('frames of a minified file are where its source has them', () => {
  expect(frames[0]).toMatch(/broken\.cjs:1:\d+/);
  expect(withSourcePositions(frames).slice(0, 2)).toEqual(['at broken.ts:7:9', 'at broken.ts:3:3']);
});

test('frames of any other file stay as they are', () => {
  const others = [
    'at node:internal/modules/cjs/loader:1554:14',
    'at run (/var/task/nothing.js:1:2)',
    'at async Promise.all (index 0)',
    'at <anonymous>',
  ];
  expect(withSourcePositions(others)).toEqual(others);
});

test('frames stay unchanged if the map cannot be read', async () => {
  await writeFile(join(directory, 'torn.js.map'), '{"version":3,');
  const torn = [`at run (${join(directory, 'torn.js')}:1:2)`];
  expect(withSourcePositions(torn)).toEqual(torn);
});
