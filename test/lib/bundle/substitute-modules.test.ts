import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type BuildFailure, build } from 'esbuild';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Substitution, substituteModules } from '../../../lib/bundle/substitute-modules.ts';

const LIBRARY = 'export const greet = () => "long"; export const unused = () => "heavy";';

let project: string;

beforeEach(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), 'blink-logout-')));
  await write('entry.js', 'import { greet } from "library"; module.exports = { greet };');
  await write('node_modules/library/index.js', LIBRARY);
  await write('short.ts', 'export function greet(): string { return "short"; }');
});
afterEach(() => rm(project, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(project, path)), { recursive: true });
  await writeFile(join(project, path), text);
}

async function bundle(...substitutions: Substitution[]): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: project,
    entryPoints: ['entry.js'],
    bundle: true,
    format: 'cjs',
    write: false,
    logLevel: 'silent',
    plugins: [substituteModules(project, substitutions)],
  });
  return outputFiles.map(({ text }) => text).join('');
}

function faultsOf({ errors }: BuildFailure): string {
  return errors.map(({ text }) => text).join('\n');
}

const file = 'library/index.js';
const digest = createHash('sha256').update(LIBRARY).digest('hex');

test('another module is bundled in the place of a package’s', async () => {
  const text = await bundle({ file, digest, by: 'short.ts' });
  expect(text).toContain('"short"');
  expect(text).not.toContain('"long"');
});

test('what is left out throws when it is called, and says its name', async () => {
  const text = await bundle({ file, digest, leavesOut: ['greet'] });
  expect(text).toContain('greet is left out of the bundle');
  expect(text).not.toContain('"long"');
});

test('a replaced file that an update has changed fails the build, which names it', async () => {
  await write('node_modules/library/index.js', `${LIBRARY} export const more = 1;`);
  const failure = await bundle({ file, digest, by: 'short.ts' }).catch(faultsOf);
  expect(failure).toMatch(/^node_modules\/library\/index\.js is replaced in the bundle, and has changed/);
});

test('a replaced file that an update has moved fails the build, which names it', async () => {
  const gone = { file: 'library/before.js', digest, by: 'short.ts' };
  const failure = await bundle({ file, digest, by: 'short.ts' }, gone).catch(faultsOf);
  expect(failure).toBe(
    'node_modules/library/before.js is replaced in the bundle, but is not part of it: what has taken its place?',
  );
});

test('a name that an update has begun to import, and that the replacement lacks, fails the build', async () => {
  await write(
    'entry.js',
    'import { greet, unused } from "library"; module.exports = { a: greet, b: unused };',
  );
  const failure = await bundle({ file, digest, by: 'short.ts' }).catch(faultsOf);
  expect(failure).toContain('node_modules/library/index.js');
  expect(failure).toContain('unused');
});
