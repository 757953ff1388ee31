import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFunction, type FunctionBundle } from '../../lib/function-bundle.ts';

describe("the function's bundle", () => {
  let directory: string;
  let bundle: FunctionBundle;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'blink-logout-'));
    bundle = await buildFunction(join(directory, 'first'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('is one CommonJS file, made from the handler', async () => {
    expect(await readdir(bundle.directory)).toEqual(['handler.js']);
    expect(Object.values(bundle.metafile.outputs).map((output) => output.entryPoint)).toEqual([
      'lambda/handler.ts',
    ]);
    expect(await readFile(join(bundle.directory, 'handler.js'), 'utf8')).toMatch(
      /^"use strict";.*module\.exports=/s,
    );
  });

  it('has the same bytes wherever and however often it is built', async () => {
    const again = await buildFunction(join(directory, 'second'));
    expect(await digest(again.directory)).toBe(await digest(bundle.directory));
  });

  it('survives builds at the same time', async () => {
    const shared = join(directory, 'shared');
    await Promise.all([buildFunction(shared), buildFunction(shared)]);
    expect(await readdir(shared)).toEqual(['handler.js']);
    expect(await digest(shared)).toBe(await digest(bundle.directory));
  });

  it('leaves nothing to be found at run time but what is built into Node', () => {
    const outside = Object.values(bundle.metafile.outputs).flatMap((output) => output.imports);
    const required = outside.map((each) => each.path.replace(/^node:/, ''));
    expect(required.filter((path) => !isBuiltin(path))).toEqual([]);
  });

  it('is made of the function and its packages, and of nothing of the stack', () => {
    const inputs = Object.keys(bundle.metafile.inputs);
    expect(inputs).toContain('lambda/handler.ts');
    expect(inputs.filter((path) => /^(lib|bin|test)\//.test(path))).toEqual([]);
  });
});

async function digest(directory: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(join(directory, 'handler.js')))
    .digest('hex');
}
