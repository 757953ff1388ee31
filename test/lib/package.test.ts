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
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blocksOf, sectionOf } from '../docs/markdown.ts';
import { appWith } from './synthesize.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const NIGHTLY = { schedule: 'cron(0 3 * * ? *)', sessions: ['one', 'other'] };

/** An operator's CDK app, in CommonJS, as `cdk init` makes it. */
const APP = `
import { App, Stack } from 'aws-cdk-lib';
import { BlinkLogout, type BlinkLogoutProps } from 'blink-logout';

const app = new App({ outdir: 'out' });
const nightly: BlinkLogoutProps = { schedule: 'cron(0 3 * * ? *)', sessions: ['one', 'other'] };
new BlinkLogout(new Stack(app, 'blink-logout'), 'Default', nightly);
const two = new Stack(app, 'two');
new BlinkLogout(two, 'Garden', { ...nightly, name: 'garden' });
const cellar = new BlinkLogout(two, 'Cellar', { name: 'cellar' });
export const alarms: number = cellar.alarms.length;
// @ts-expect-error: a number
export const memory: BlinkLogoutProps = { memoryMb: 'much' };
app.synth();
`;

/** The README's example, in a stack of the reader. */
function readmeExample(): string {
  const [block = ''] = blocksOf(sectionOf('README.md', 'Without the CDK, or in a stack of your own'), 'ts');
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

let scratch: string;
let installed: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'blink-logout-package-'));
  installed = join(scratch, 'node_modules/blink-logout');
  execFileSync(process.execPath, ['bin/build.ts'], { cwd: PROJECT });
  execFileSync('npm', ['pack', '--silent', '--pack-destination', scratch], {
    cwd: join(PROJECT, 'build/package'),
  });
  mkdirSync(installed, { recursive: true });
  const [tarball = ''] = readdirSync(scratch).filter((file) => file.endsWith('.tgz'));
  execFileSync('tar', ['-xzf', join(scratch, tarball), '-C', installed, '--strip-components=1']);
  const { dependencies, peerDependencies } = JSON.parse(
    readFileSync(join(installed, 'package.json'), 'utf8'),
  );
  for (const name of [...Object.keys({ ...dependencies, ...peerDependencies })]) {
    symlinkSync(join(PROJECT, 'node_modules', name), join(scratch, 'node_modules', name));
  }
  writeFileSync(join(scratch, 'app.ts'), APP);
  writeFileSync(join(scratch, 'example.ts'), readmeExample());
});
afterAll(() => rmSync(scratch, { recursive: true }));

it('the package names no path of the machine that built it', () => {
  for (const file of readdirSync(installed, { recursive: true, withFileTypes: true })) {
    if (file.isFile()) expect(readFileSync(join(file.parentPath, file.name), 'utf8')).not.toContain(PROJECT);
  }
});

it("an operator's app and the README's example type-check with the package, and the app synthesizes on the machine's Node", {
  timeout: 60_000,
}, () => {
  const tsc = join(PROJECT, 'node_modules/typescript/bin/tsc');
  const options = ['--module', 'nodenext', '--target', 'es2022', '--strict', '--skipLibCheck', '--types', ''];
  execFileSync(process.execPath, [tsc, ...options, 'app.ts', 'example.ts'], { cwd: scratch, stdio: 'pipe' });
  const path = (process.env['PATH'] ?? '')
    .split(':')
    .filter((directory) => !directory.includes('node_modules'));
  execFileSync('node', ['app.js'], {
    cwd: scratch,
    env: { PATH: path.join(':'), CDK_VALIDATION: 'false', CDK_CONTEXT_JSON: readContext() },
    stdio: 'pipe',
  });
  const templateOf = (stack: string) =>
    JSON.parse(readFileSync(join(scratch, `out/${stack}.template.json`), 'utf8'));
  const { app, stack } = appWith(NIGHTLY);
  const expected = app.synth().getStackByName(stack.stackName).template.Resources;
  expect(withoutAsset(templateOf('blink-logout').Resources)).toEqual(withoutAsset(expected));
  expect(Object.keys(templateOf('two').Resources).length).toBeGreaterThan(Object.keys(expected).length);
});

function readContext(): string {
  return JSON.stringify(JSON.parse(readFileSync(join(PROJECT, 'cdk.json'), 'utf8')).context);
}

/** The tests' bundle is empty, so the asset is another. */
function withoutAsset(resources: unknown): unknown {
  return JSON.parse(
    JSON.stringify(resources).replaceAll(/"S3Key":"[0-9a-f]{64}\.zip"/g, '"S3Key":""'),
    (key, value) => (key === 'Metadata' ? undefined : value),
  );
}
