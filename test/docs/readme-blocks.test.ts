import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../bin/session/program.ts';
import { webhookKeySecretName } from '../../lambda/core/secret-names.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { synthesize } from '../lib/synthesize.ts';
import { awsCall, optionsOf, words } from './aws-cli.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const PAGE = read('README.md');

/**
 * Each fenced block of the README, by its section and its language: the test that runs or reads it, or why none can run it.
 * The tests below look at what the others contain.
 */
const ACCOUNTED: readonly (readonly [section: string, language: string, by: string])[] = [
  [
    'blink-logout',
    'sh',
    'not run: it downloads. .ci/run does npm ci, and test/end-to-end/local-run.test.ts npm start',
  ],
  ['blink-logout', 'text', 'test/end-to-end/local-run.test.ts'],
  ['How it works', 'mermaid', 'not run: a picture'],
  ['Sign in', 'sh', 'test/docs/session-section.test.ts'],
  ['Sign in', 'sh', 'test/docs/session-section.test.ts'],
  ['Sign in', 'sh', 'test/docs/session-section.test.ts'],
  ['Deploy it', 'sh', 'not run: needs AWS, to create roles and a bucket'],
  ['Deploy it', 'sh', 'test/docs/readme.test.ts'],
  ['Deploy it', 'sh', 'not run: needs AWS. test/bin has what comes before the CDK CLI'],
  ['Deploy it', 'sh', 'test/docs/readme.test.ts'],
  ['When a deployment fails', 'sh', 'test/docs/readme.test.ts'],
  ['Without the CDK, or in a stack of your own', 'sh', 'not run: needs AWS, for the bucket and the stack'],
  ['Without the CDK, or in a stack of your own', 'hcl', 'not run: needs Terraform and AWS'],
  ['Without the CDK, or in a stack of your own', 'ts', 'test/lib/package.test.ts'],
  ['Many sessions', 'sh', 'test/docs/readme.test.ts'],
  ['Store tokens by hand', 'text', 'test/docs/readme.test.ts'],
  ['Store tokens by hand', 'json', 'test/docs/readme.test.ts'],
  ['Store tokens by hand', 'json', 'test/docs/readme.test.ts'],
  ['Store tokens by hand', 'sh', 'test/docs/readme.test.ts'],
  ['Call it', 'sh', 'test/docs/readme.test.ts'],
  ['curl', 'sh', 'test/docs/readme.test.ts'],
  ['curl', 'json', 'test/docs/readme.test.ts'],
  ['A lost phone', 'sh', 'test/docs/readme.test.ts'],
  ['A lost phone', 'sh', 'test/docs/readme.test.ts'],
  ['A Standard Webhooks sender', 'sh', 'test/docs/readme.test.ts'],
  ['Home Assistant', 'yaml', 'test/docs/readme.test.ts'],
  ['aws lambda invoke', 'sh', 'test/docs/readme.test.ts'],
];

interface Block {
  readonly section: string;
  readonly language: string;
  readonly lines: readonly string[];
}

function blocksOfPage(): readonly Block[] {
  const found: Block[] = [];
  let section = '';
  let fence: { language: string; lines: string[] } | undefined;
  for (const line of PAGE.split('\n')) {
    const [, marker] = /^ *```(.*)$/.exec(line) ?? [];
    if (fence !== undefined && marker === '') {
      found.push({ section, ...fence });
      fence = undefined;
    } else if (fence !== undefined) fence.lines.push(line.trim());
    else if (marker !== undefined) fence = { language: marker, lines: [] };
    else section = /^#+ (.*)$/.exec(line)?.[1] ?? section;
  }
  return found;
}

const blocks = blocksOfPage();
const shell = blocks.filter(({ language }) => language === 'sh').map(({ lines }) => lines.join('\n'));

describe('the blocks of the README', () => {
  test('are each run or read by a test, or named with the reason', () => {
    expect(blocks.map(({ section, language }) => [section, language])).toEqual(
      ACCOUNTED.map(([section, language]) => [section, language]),
    );
  });

  test.each(ACCOUNTED.filter(([, , by]) => by.startsWith('test/')))(
    'in "%s", %s: the test that runs it names the section',
    (section, _, by) => {
      expect(existsSync(new URL(`../../${by}`, import.meta.url))).toBe(true);
      expect(read(by)).toContain(`'${section}'`);
    },
  );

  test.each(shell)('are valid shell: %s', (block) => {
    execFileSync('bash', ['-n'], { input: block });
  });
});

describe('what the README names exists:', () => {
  const inline = [...PAGE.matchAll(/`(np[mx] [^`]+)`/g)].map(([, line = '']) => line);
  const lines = [...shell.flatMap((block) => block.split('\n')), ...inline].map((line) =>
    line.replace(/^.*\| (?=npm)/, ''),
  );
  const starting = (prefix: string) => [...new Set(lines.filter((line) => line.startsWith(prefix)))];

  test.each(starting('npm run session -- '))('the command %s', (line) => {
    const argv = words(line.replace('npm run session -- ', ''));
    try {
      parseCommandLine(argv, { out: () => {} });
    } catch (error) {
      expect(error).toBeInstanceOf(CommanderError);
      expect(error).toMatchObject({ exitCode: 0 });
    }
  });

  test.each(starting('npm run '))('the script of %s', (line) => {
    const [, script = ''] = /^npm run (?:--silent )?(\w+)/.exec(line) ?? [];
    expect(Object.keys(packageJson.scripts)).toContain(script);
  });

  test.each(starting('npx '))('the program of %s', (line) => {
    expect(line).toMatch(/^npx cdk (bootstrap|destroy)$/);
    expect(existsSync(new URL('../../node_modules/.bin/cdk', import.meta.url))).toBe(true);
  });

  test.each(lines.filter((line) => /\baws [a-z]+ /.test(line)))(
    'the operation and the options of the AWS CLI in %s',
    (line) => {
      const { operation, options } = awsCall(line);
      expect(optionsOf(operation)).toEqual(expect.arrayContaining([...options]));
    },
  );

  test('outputs, secrets and the capability of the stack', () => {
    const template = synthesize({});
    const outputs = [...PAGE.matchAll(/\$\(output (\w+)\)|output `(\w+)`/g)].map(([, a, b]) => a ?? b);
    expect(outputs).toEqual(['WebhookUrl', 'FunctionName', 'ReadWebhookKeyCommand']);
    expect(Object.keys(template.findOutputs('*'))).toEqual(expect.arrayContaining(outputs));
    for (const [, name] of PAGE.matchAll(/--secret-id (blink-logout-\S+)/g)) {
      expect(name).toBe(webhookKeySecretName('blink-logout'));
    }
    // CAPABILITY_IAM is enough as long as no role has a name of its own (CloudFormation API Reference, CreateStack).
    for (const { Properties } of Object.values(template.findResources('AWS::IAM::Role'))) {
      expect(Properties).not.toHaveProperty('RoleName');
    }
  });

  test('the files of a template without the CDK', () => {
    const packaged = [...PAGE.matchAll(/build\/packaged\.yaml/g)];
    expect(packaged).toHaveLength(3);
    const [, written] = /--template-file (build\/template\.yaml)/.exec(PAGE) ?? [];
    expect(read('bin/template.ts')).toContain(`writeFileSync('${written}'`);
  });

  test('in the block for Terraform: one resource, whose arguments are those of the other way', () => {
    const hcl = blocks.find(({ language }) => language === 'hcl')?.lines ?? [];
    expect(hcl[0]).toBe('resource "aws_cloudformation_stack" "blink_logout" {');
    expect(hcl.at(-1)).toBe('}');
    expect(Object.fromEntries(hcl.slice(1, -1).map((line) => line.split(/ += /)))).toEqual({
      name: '"blink-logout"',
      template_body: 'jsonencode(yamldecode(file("build/packaged.yaml")))',
      capabilities: '["CAPABILITY_IAM"]',
    });
  });
});
