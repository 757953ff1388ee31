import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withSourcePositions } from '../../lambda/logout/source-positions.ts';
import { ALIASES, buildFunction, type FunctionBundle } from '../../lib/function-bundle.ts';
import { thirdPartyNotices } from '../../lib/third-party-notices.ts';

const MAX_BYTES = 226_000;
const FILES = ['handler.cjs', 'handler.cjs.map', 'init.mjs'];

/** What a logout does not need, and an update of a package could add. */
const NOT_BUNDLED: readonly (readonly [string, RegExp])[] = [
  ['the other sources of credentials', /credential-provider-(?!node|env)|token-providers|nested-clients/],
  ['event streams', /eventstream/i],
  ['protocols other than AWS JSON', /protocols\/(cbor|query|xml)\/|xml-builder|fast-xml|RestJson/],
  ['other signatures', /signature-v4(a|-multi-region|-crt)|SignatureV4A/],
  ['HTTP/2 and fetch', /http2|fetch-http-handler|undici/i],
  ['other hashes', /md5|crc32/i],
  ['logging and metrics libraries', /powertools|pino|winston|middy/],
  ['packages of the commands', /@inquirer\/|\/commander\/|\/ora\/|tough-cookie|node-html-parser/],
  ['the stack and the commands', /^(lib|bin|local|test)\//],
  ['other clients of the SDK', /@aws-sdk\/client-(?!secrets-manager)/],
];

describe("the function's bundle", () => {
  let directory: string;
  let bundle: FunctionBundle;
  let metafile: Metafile;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'blink-logout-'));
    bundle = await buildFunction(join(directory, 'first'));
    [metafile = { inputs: {}, outputs: {} }] = bundle.metafiles;
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('is one CommonJS file, made from the handler, beside its source map and the module that loads it', async () => {
    expect(await readdir(bundle.directory)).toEqual(FILES);
    const text = await readFile(join(bundle.directory, 'handler.cjs'), 'utf8');
    expect(text).toMatch(/^"use strict";.*module\.exports=/s);
  });

  it('has the same bytes in each directory, also of builds at the same time, and replaces an earlier version', async () => {
    const shared = join(directory, 'shared');
    await mkdir(shared);
    await writeFile(join(shared, 'handler.js'), '');
    await Promise.all([buildFunction(shared), buildFunction(shared)]);
    expect(await readdir(shared)).toEqual(FILES);
    for (const file of FILES) {
      const bytes = await readFile(join(shared, file));
      expect(bytes.equals(await readFile(join(bundle.directory, file)))).toBe(true);
    }
  });

  it('finds at run time what is built into Node, and needs no HTTP/2, no zlib and no worker', () => {
    const required = Object.values(metafile.outputs).flatMap(({ imports }) =>
      imports.map(({ path }) => path.replace(/^node:/, '')),
    );
    expect(required).toContain('https');
    const unwanted = /^(http2|zlib|worker_threads|child_process|vm)$/;
    expect(required.filter((name) => !isBuiltin(name) || unwanted.test(name))).toEqual([]);
  });

  it('comes with the licence of every package in it', () => {
    const packages = bundle.metafiles.flatMap(({ inputs }) =>
      Object.keys(inputs).flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []),
    );
    const notices = thirdPartyNotices(bundle.metafiles);
    const named = [...notices.matchAll(/^(\S+) \d+\.\d+\.\d+ \([\w.-]+\)$/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual([...new Set(packages)].sort());
    expect(notices).toContain('Apache License');
  });

  it('is no larger than a cold start may load, with at most two packages replaced', async () => {
    const { size } = await stat(join(bundle.directory, 'handler.cjs'));
    expect(size).toBeLessThanOrEqual(MAX_BYTES);
    expect(Object.keys(ALIASES).length).toBeLessThanOrEqual(2);
  });

  it.each(NOT_BUNDLED)('holds nothing of %s', (_what, pattern) => {
    const [bundled = []] = Object.values(metafile.outputs).flatMap(({ entryPoint, inputs }) =>
      entryPoint === undefined ? [] : [inputs],
    );
    expect(Object.keys(bundled)).toContain('lambda/logout/handler.ts');
    expect(Object.keys(bundled).filter((path) => pattern.test(path))).toEqual([]);
  });

  it('can be read in a stack trace', async () => {
    const file = join(bundle.directory, 'handler.cjs');
    const lines = (await readFile(file, 'utf8')).split('\n');
    const line = lines.findIndex((text) => text.includes('internal error; the run'));
    const column = lines[line]?.indexOf('internal error; the run');
    const [frame] = withSourcePositions([`at x (${file}:${line + 1}:${column})`]);
    expect(frame).toMatch(/^at lambda\/logout\/run\.ts:\d+:\d+$/);
  });
});
