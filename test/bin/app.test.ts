import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** The proxy is a closed port: what tries the network fails, and says so. */
const NO_NETWORK = { HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9' };

const SETTINGS = {
  schedule: 'cron(0 3 * * ? *)',
  alarmEmail: 'owner@blink-logout.dev',
  kmsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  tracing: true,
};

/** Runs a program, by default of Node, and keeps all that it prints. */
function run(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  program = process.execPath,
) {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...NO_NETWORK, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  return new Promise<{ exitCode: number | null; output: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, output }));
  });
}

describe('the CDK app', () => {
  const app = join(PROJECT, 'bin/app.ts');
  /** Not the project's, which may have its owner's settings.json. */
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'blink-logout-app-'));
    const cdkJson: object = JSON.parse(await readFile(join(PROJECT, 'cdk.json'), 'utf8'));
    await writeFile(join(directory, 'cdk.json'), JSON.stringify({ ...cdkJson, app: `node ${app}` }));
    await writeFile(join(directory, 'settings.json'), JSON.stringify(SETTINGS));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('is synthesized from settings.json without a warning: the template, and the bundle beside it', {
    timeout: 60_000,
  }, async () => {
    const cdk = join(PROJECT, 'node_modules/aws-cdk/bin/cdk');
    expect(await run(directory, [cdk, 'synth', '--quiet'])).toEqual({ exitCode: 0, output: '' });
    const assembly = join(directory, 'cdk.out');
    const template = await readFile(join(assembly, 'blink-logout.template.json'), 'utf8');
    expect(template).toContain('"ScheduleExpression": "cron(0 3 * * ? *)"');
    const [, bundle] = /"aws:asset:path": "(.+?)"/.exec(template) ?? [];
    expect(await readdir(join(assembly, bundle ?? 'no bundle'))).toEqual([
      'handler.cjs',
      'handler.cjs.map',
      'init.mjs',
    ]);
  });

  it('stops at wrong settings with a sentence each, and no stack trace', async () => {
    await writeFile(join(directory, 'wrong.json'), '{"webhookAuth": "none", "schedul": "rate(1 day)"}');
    const CDK_CONTEXT_JSON = JSON.stringify({ settings: 'wrong.json' });
    expect(await run(directory, [app], { CDK_OUTDIR: join(directory, 'none'), CDK_CONTEXT_JSON })).toEqual({
      exitCode: 1,
      output:
        'The settings are wrong. Nothing was built or deployed.\nwebhookAuth was given as "none"; expected key or iam.\nschedul is not a setting; did you mean schedule?\n',
    });
  });

  it('npm run synth passes its options on', async () => {
    await writeFile(join(directory, 'wrong.json'), '{"schedul": "rate(1 day)"}');
    const options = ['-c', `settings=${join(directory, 'wrong.json')}`, '--output', join(directory, 'none')];
    const { exitCode, output } = await run(PROJECT, ['run', '-s', 'synth', '--', ...options], {}, 'npm');
    expect(exitCode).toBe(1);
    expect(output).toContain('schedul is not a setting; did you mean schedule?');
    expect(output).not.toContain('The template is in');
  });
});
