import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFunctions } from '../../../lib/function-bundle.ts';
import { blocksOf, sectionOf } from '../../docs/markdown.ts';
import { appWith } from '../synthesize.ts';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));
const NIGHTLY = { schedule: 'cron(0 3 * * ? *)', sessions: ['one', 'other'] };

/** An operator's app. */
const APP = `
import { App, Stack } from 'aws-cdk-lib';
import { BlinkLogout, type BlinkLogoutProps, SettingsError } from 'blink-logout';

const app = new App({ outdir: 'out' });
const nightly: BlinkLogoutProps = { schedule: 'cron(0 3 * * ? *)', sessions: ['one', 'other'] };
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
  return `import { Stack } from 'aws-cdk-lib';
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

/** The oldest TypeScript in node_modules; it still resolves modules as before Node 16. */
function olderTypeScript(): string {
  const cli = createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json');
  const core = createRequire(cli).resolve('@arethetypeswrong/core');
  return createRequire(core).resolve('typescript/lib/tsc.js');
}

const TYPESCRIPT = join(PROJECT, 'node_modules/typescript/bin/tsc');
const MODERN = ['--module', 'nodenext', '--target', 'es2022'];
const OLDER = ['--module', 'commonjs', '--moduleResolution', 'node', '--target', 'es2018', '--lib', 'es2020'];

/** The folder of an app, its `type` in package.json, and its compiler. */
const COMPILED = [
  ['es-modules', 'module', TYPESCRIPT, MODERN],
  ['commonjs', 'commonjs', TYPESCRIPT, MODERN],
  ['older', 'commonjs', olderTypeScript(), OLDER],
] as const;

const NAMES = {
  'aws-cdk-lib': 'App, CfnParameter, NestedStack, Stack, Stage, Validations',
  'aws-cdk-lib/assertions': 'Template',
  'aws-cdk-lib/aws-apigatewayv2': 'ApiMapping, DomainName',
  'aws-cdk-lib/aws-certificatemanager': 'Certificate',
  'aws-cdk-lib/aws-sns': 'Topic',
  'aws-cdk-lib/aws-ssm': 'StringParameter',
  'cdk-nag': 'AwsSolutionsChecks',
  'blink-logout': 'BlinkLogout, SettingsError',
};

let scratch: string;
let tarball: string;
let installed: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'blink-logout-package-'));
  installed = join(scratch, 'node_modules/blink-logout');
  execFileSync(process.execPath, ['bin/build.ts'], { cwd: PROJECT });
  execFileSync('npm', ['pack', '--silent', '--pack-destination', scratch], {
    cwd: join(PROJECT, 'build/package'),
  });
  mkdirSync(installed, { recursive: true });
  tarball = join(scratch, readdirSync(scratch).find((file) => file.endsWith('.tgz')) ?? '');
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  const { dependencies, peerDependencies } = JSON.parse(
    readFileSync(join(installed, 'package.json'), 'utf8'),
  );
  for (const name of [...Object.keys({ ...dependencies, ...peerDependencies }), 'cdk-nag']) {
    symlinkSync(join(PROJECT, 'node_modules', name), join(scratch, 'node_modules', name));
  }
}, 60_000);
afterAll(() => rmSync(scratch, { recursive: true }));

function folder(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(scratch, name);
  mkdirSync(path, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return path;
}

/** With the machine's Node, as its owner would. */
function runOnNode(cwd: string, file: string): string {
  const path = (process.env['PATH'] ?? '')
    .split(':')
    .filter((directory) => !directory.includes('node_modules'));
  const { context } = JSON.parse(readFileSync(join(PROJECT, 'cdk.json'), 'utf8'));
  return execFileSync('node', [file], {
    cwd,
    env: { PATH: path.join(':'), CDK_VALIDATION: 'false', CDK_CONTEXT_JSON: JSON.stringify(context) },
    stdio: 'pipe',
    encoding: 'utf8',
  });
}

describe('the package', () => {
  it('has nothing that publint or Are The Types Wrong find', async () => {
    expect((await publint({ pkgDir: installed, pack: false })).messages).toEqual([]);
    execFileSync(join(PROJECT, 'node_modules/.bin/attw'), [tarball], { stdio: 'pipe' });
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

  it.each(COMPILED)(
    'type-checks in an app with %s, as do the examples, and the app synthesizes',
    (...row) => {
      const [name, type, tsc, options] = row;
      const cwd = folder(name, { 'package.json': JSON.stringify({ type }), 'app.ts': APP });
      writeFileSync(join(cwd, 'example.ts'), operatorsExample());
      const readme = blocksOf(readFileSync(join(installed, 'README.md'), 'utf8'), 'ts');
      writeFileSync(join(cwd, 'readme.ts'), readme.join('\n'));
      const files = ['app.ts', 'example.ts', 'readme.ts'];
      execFileSync(
        process.execPath,
        [tsc, ...options, '--strict', '--skipLibCheck', '--typeRoots', 'none', ...files],
        {
          cwd,
          stdio: 'pipe',
        },
      );
      runOnNode(cwd, 'app.js');
      const { Resources } = JSON.parse(readFileSync(join(cwd, 'out/blink-logout.template.json'), 'utf8'));
      const { app, stack } = appWith(NIGHTLY);
      const expected = app.synth().getStackByName(stack.stackName).template.Resources;
      expect(withoutAssets(Resources)).toEqual(withoutAssets(expected));
    },
    60_000,
  );

  it.each([
    ['commonjs', ([name, names]: readonly string[]) => `const { ${names} } = require('${name}');`],
    ['module', ([name, names]: readonly string[]) => `import { ${names} } from '${name}';`],
  ])(
    'works in every environment, inspected by cdk-nag, as %s',
    (type, load) => {
      const imports = Object.entries(NAMES).map(load).join('\n');
      const cwd = folder(`matrix-${type}`, { 'package.json': JSON.stringify({ type }) });
      const matrix = readFileSync(new URL('matrix.js', import.meta.url), 'utf8');
      writeFileSync(join(cwd, 'matrix.js'), `${imports}\n${matrix}`);
      expect(runOnNode(cwd, 'matrix.js')).toMatch(/^10$/m);
    },
    60_000,
  );
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
