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
import { Template } from 'aws-cdk-lib/assertions';
import { ApiMapping, DomainName } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import {
  type App,
  CfnParameter,
  type Environment,
  NestedStack,
  Stack,
  type StackProps,
  Stage,
  Validations,
} from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { publint } from 'publint';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blocksOf, sectionOf } from '../docs/markdown.ts';
import { isLong } from '../proof/figures.ts';
import { newApp } from './synthesize.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const TYPESCRIPT = join(PROJECT, 'node_modules/typescript/bin/tsc');
const OPTIONS = '--module nodenext --target es2022 --strict --skipLibCheck --typeRoots none'.split(' ');

/** An operator's app, of ES modules or of CommonJS. */
const APP = `
import { App, Stack } from 'aws-cdk-lib/core';
import { BlinkLogout, type BlinkLogoutProps, SettingsError } from 'blink-logout';

const app = new App({ outdir: 'out' });
const nightly: BlinkLogoutProps = { schedule: 'cron(0 3 * * ? *)', sessions: ['one', 'other'] };
const { alarms } = new BlinkLogout(new Stack(app, 'House'), 'Garden', nightly);
export const count: number = alarms.length;
export const isOurs = (error: unknown): boolean => error instanceof SettingsError;
// @ts-expect-error: a number
export const memory: BlinkLogoutProps = { memoryMb: 'much' };
app.synth();
import('blink-logout').then((imported) => {
  if (imported.BlinkLogout !== BlinkLogout || imported.SettingsError !== SettingsError) throw new Error('two classes');
});
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
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
    symlinkSync(join(PROJECT, 'node_modules', name), join(scratch, 'node_modules', name));
  }
});
afterAll(() => rmSync(scratch, { recursive: true }));

it('has nothing that publint finds, or in the long form Are The Types Wrong', async () => {
  expect((await publint({ pkgDir: installed, pack: false })).messages).toEqual([]);
  if (isLong) await run(join(PROJECT, 'node_modules/.bin/attw'), [tarball]);
});

it('has the licences of its functions, and names no path of the machine that built it', () => {
  const notices = readFileSync(join(installed, 'build/functions/THIRD-PARTY-NOTICES'), 'utf8');
  expect(notices).toContain('@aws-sdk/client-secrets-manager');
  expect(notices).toContain('@aws/durable-execution-sdk-js');
  for (const file of readdirSync(installed, { recursive: true, withFileTypes: true })) {
    if (file.isFile()) expect(readFileSync(join(file.parentPath, file.name), 'utf8')).not.toContain(PROJECT);
  }
});

it('type-checks in an app of ES modules and in a CommonJS app, which synthesizes where require() takes no ES module, as in jest', async () => {
  const files = {
    'app.ts': APP,
    'operators.ts': operatorsExample(),
    'readme.ts': blocksOf(readFileSync(join(installed, 'README.md'), 'utf8'), 'ts').join('\n'),
  };
  const paths = ['commonjs', 'module'].flatMap((type) => {
    mkdirSync(join(scratch, type));
    const app = { ...files, 'package.json': JSON.stringify({ type }) };
    return Object.entries(app).flatMap(([file, text]) => {
      const path = join(scratch, type, file);
      writeFileSync(path, text);
      return file.endsWith('.ts') ? path : [];
    });
  });
  await run(process.execPath, [TYPESCRIPT, ...OPTIONS, ...paths], { cwd: scratch });

  // With the machine's Node, as its owner would.
  const PATH = process.env['PATH']?.replaceAll(/[^:]*node_modules[^:]*:/g, '');
  const commonJs = join(scratch, 'commonjs');
  await run('node', ['--no-experimental-require-module', 'app.js'], {
    cwd: commonJs,
    env: { PATH, CDK_VALIDATION: 'false' },
  });
  const functions = readdirSync(join(commonJs, 'out'))
    .filter((name) => name.startsWith('asset.'))
    .map((name) => readdirSync(join(commonJs, 'out', name)));
  expect(functions).toContainEqual(['handler.cjs']);
  expect(functions).toContainEqual(['handler.cjs', 'handler.cjs.map', 'init.mjs']);
});

const ACCOUNT = '111122223333';

interface Place {
  readonly env?: Environment;
  /** ARNs contain the partition, not a reference to it. */
  readonly literals?: boolean;
  readonly stackIn?: (app: App, props: StackProps) => Stack;
}

const nested = (app: App, props: StackProps) => new NestedStack(new Stack(app, 'House', props), 'Nested');

const PLACES: Readonly<Record<string, Place>> = {
  'an unknown environment': {},
  'a fixed environment': { env: { account: ACCOUNT, region: 'eu-central-1' } },
  'a fixed partition': { env: { account: ACCOUNT, region: 'eu-central-1' }, literals: true },
  'an unknown environment, literally': { literals: true },
  China: { env: { account: ACCOUNT, region: 'cn-north-1' }, literals: true },
  'the European Sovereign Cloud': { env: { account: ACCOUNT, region: 'eusc-de-east-1' } },
  GovCloud: { env: { account: ACCOUNT, region: 'us-gov-west-1' }, literals: true },
  'a Region alone': { env: { region: 'us-east-1' } },
  'a Stage': {
    env: { account: ACCOUNT, region: 'eu-west-1' },
    stackIn: (app, props) => new Stack(new Stage(app, 'Prod', props), 'House'),
  },
  'a nested stack': { stackIn: nested },
  'a nested stack in a fixed environment': {
    env: { account: ACCOUNT, region: 'eu-west-1' },
    stackIn: nested,
  },
};

/** The short form leaves out those that differ from one of these in the environment alone, or in how the ARNs are written. */
const IN_SHORT = ['an unknown environment', 'China', 'a nested stack'];
const inThisForm = Object.entries(PLACES).filter(([place]) => isLong || IN_SHORT.includes(place));

function appUnderCdkNag(literals: boolean): App {
  const app = newApp({ '@aws-cdk/core:enablePartitionLiterals': literals });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}

it.each(inThisForm)(
  'cdk-nag finds nothing in %s, in two of them, with a custom domain and tokens',
  async (_, { env, literals = false, stackIn = (app, props) => new Stack(app, 'House', props) }) => {
    const { BlinkLogout }: typeof import('../../lib/index.ts') = await import(
      join(installed, 'lib/index.js')
    );
    const app = appUnderCdkNag(literals);
    const stack = stackIn(app, env === undefined ? {} : { env });
    const garden = new BlinkLogout(stack, 'Garden', {
      name: 'garden',
      schedule: 'cron(0 3 * * ? *)',
      timeZone: 'Europe/Berlin',
      sessions: ['porch', 'tenant-*'],
      tracing: true,
      alarmEmail: new CfnParameter(stack, 'Email').valueAsString,
      kmsKeyArn: StringParameter.valueForStringParameter(stack, '/house/key'),
    });
    new BlinkLogout(stack, 'Cellar', {
      name: 'cellar',
      webhookAuth: 'iam',
      schedule: 'rate(1 day)',
      sessions: 'all',
      dashboard: false,
      retainLogs: true,
      alarmTopic: Topic.fromTopicArn(stack, 'Topic', `arn:aws:sns:eu-central-1:${ACCOUNT}:house`),
    });
    const certificate = Certificate.fromCertificateArn(stack, 'Certificate', `arn:aws:acm:::${ACCOUNT}/1`);
    const domainName = new DomainName(stack, 'Domain', { domainName: 'a.blink-logout.dev', certificate });
    const { api, stage } = garden;
    new ApiMapping(stack, 'Mapping', { api, domainName, stage });

    app.synth();
    const mappings = Template.fromStack(stack).findResources('AWS::ApiGatewayV2::ApiMapping');
    expect(Object.values(mappings)[0]?.['DependsOn']).toContainEqual(expect.stringMatching(/Stage/));
  },
);

it('cdk-nag would find a queue that takes more than TLS', () => {
  const app = appUnderCdkNag(false);
  new Queue(new Stack(app, 'House'), 'Careless');
  expect(() => app.synth()).toThrow('does not require requests to use SSL');
});
