import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFunctions } from '../../../lib/function-bundle.ts';
import { blocksOf, sectionOf } from '../../docs/markdown.ts';
import { synthesize } from '../synthesize.ts';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));
const NIGHTLY = { schedule: 'cron(0 3 * * ? *)', sessions: ['one', 'other'] };

/** An operator's app. */
const APP = `
import { App, Stack } from 'aws-cdk-lib/core';
import { BlinkLogout, type BlinkLogoutProps, SettingsError } from 'blink-logout';

const app = new App({ outdir: 'out' });
const nightly: BlinkLogoutProps = ${JSON.stringify(NIGHTLY)};
const { alarms } = new BlinkLogout(new Stack(app, 'blink-logout'), 'Default', nightly);
export const count: number = alarms.length;
export const isOurs = (error: unknown): boolean => error instanceof SettingsError;
// @ts-expect-error: a number
export const memory: BlinkLogoutProps = { memoryMb: 'much' };
app.synth();
`;

/** The example for operators, in a stack of the reader. */
function operatorsExample(): string {
  const [block = ''] = blocksOf(sectionOf('docs/operators.md', 'In a stack of your own'), 'ts');
  const [imports = '', statements = ''] = block.split('\n\n');
  return `import { Stack } from 'aws-cdk-lib/core';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
${imports}
export class Example extends Stack {
  constructor(scope: Construct, role: IGrantable) {
    super(scope, 'example');
    ${statements}
  }
}`;
}

const TYPESCRIPT = join(PROJECT, 'node_modules/typescript/bin/tsc');
const OPTIONS = [
  '--module',
  'nodenext',
  '--target',
  'es2022',
  '--strict',
  '--skipLibCheck',
  '--typeRoots',
  'none',
];

const run = promisify(execFile);

let scratch: string;
let tarball: string;
let installed: string;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'blink-logout-package-'));
  installed = join(scratch, 'node_modules/blink-logout');
  await run(process.execPath, ['bin/build.ts'], { cwd: PROJECT });
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', scratch], {
    cwd: join(PROJECT, 'build/package'),
  });
  tarball = join(scratch, packed.stdout.trim());
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  const { dependencies, peerDependencies } = JSON.parse(
    readFileSync(join(installed, 'package.json'), 'utf8'),
  );
  for (const name of [...Object.keys({ ...dependencies, ...peerDependencies }), 'cdk-nag']) {
    symlinkSync(join(PROJECT, 'node_modules', name), join(scratch, 'node_modules', name));
  }
}, 120_000);
afterAll(() => rmSync(scratch, { recursive: true }));

function folder(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(scratch, name);
  mkdirSync(path, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return path;
}

/** With the machine's Node, as its owner would. */
async function runOnNode(cwd: string, ...argv: readonly string[]): Promise<string> {
  const path = (process.env['PATH'] ?? '')
    .split(':')
    .filter((directory) => !directory.includes('node_modules'));
  const { context } = JSON.parse(readFileSync(join(PROJECT, 'cdk.json'), 'utf8'));
  const env = { PATH: path.join(':'), CDK_VALIDATION: 'false', CDK_CONTEXT_JSON: JSON.stringify(context) };
  return (await run('node', argv, { cwd, env })).stdout;
}

describe.concurrent('the package', { timeout: 120_000 }, () => {
  it('has nothing that publint or Are The Types Wrong find, also for the resolution of older apps', async () => {
    expect((await publint({ pkgDir: installed, pack: false })).messages).toEqual([]);
    await run(join(PROJECT, 'node_modules/.bin/attw'), [tarball]);
  });

  it('names no path of the machine that built it', () => {
    for (const file of readdirSync(installed, { recursive: true, withFileTypes: true })) {
      if (file.isFile())
        expect(readFileSync(join(file.parentPath, file.name), 'utf8')).not.toContain(PROJECT);
    }
  });

  it('has the licence of every package in its functions', async () => {
    const { metafiles } = await buildFunctions(join(scratch, 'again'));
    const bundled = metafiles.flatMap(({ inputs }) =>
      Object.keys(inputs).flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []),
    );
    const notices = readFileSync(join(installed, 'THIRD-PARTY-NOTICES'), 'utf8');
    const named = [...notices.matchAll(/^(\S+) \d+\.\d+\.\d+ \([\w.-]+\)$/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual([...new Set(bundled)].sort());
    expect(notices).toContain('Apache License');
  });

  it('type-checks in an app of ES modules and in a CommonJS app, which synthesizes where require() takes no ES module, as in jest', async () => {
    const files = {
      'app.ts': APP,
      'operators.ts': operatorsExample(),
      'readme.ts': blocksOf(readFileSync(join(installed, 'README.md'), 'utf8'), 'ts').join('\n'),
    };
    const [commonJs = '', ...others] = ['commonjs', 'module'].map((type) =>
      folder(type, { ...files, 'package.json': JSON.stringify({ type }) }),
    );
    const paths = [commonJs, ...others].flatMap((app) => Object.keys(files).map((file) => join(app, file)));
    await run(process.execPath, [TYPESCRIPT, ...OPTIONS, ...paths], { cwd: scratch });

    await runOnNode(commonJs, '--no-experimental-require-module', 'app.js');
    const { Resources } = JSON.parse(readFileSync(join(commonJs, 'out/blink-logout.template.json'), 'utf8'));
    expect(withoutAssets(Resources)).toEqual(withoutAssets(synthesize(NIGHTLY).toJSON()['Resources']));
  });

  it('works in every environment, inspected by cdk-nag', async () => {
    const matrix = readFileSync(new URL('matrix.mjs', import.meta.url), 'utf8');
    const cwd = folder('matrix', { 'matrix.mjs': matrix });
    expect(await runOnNode(cwd, 'matrix.mjs')).toMatch(/^11$/m);
  });
});

/** The tests' bundles are empty, so the assets are others, and so is the version of the fleet. */
function withoutAssets(resources: unknown): unknown {
  return JSON.parse(
    JSON.stringify(resources)
      .replaceAll(/"S3Key":"[0-9a-f]{64}\.zip"/g, '"S3Key":""')
      .replaceAll(/(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}/g, '$1'),
    (key, value) => (key === 'Metadata' ? undefined : value),
  );
}
