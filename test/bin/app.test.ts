import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** The proxy is a closed port: what tries the network fails, and says so. */
const NO_NETWORK = { HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9' };

const SETTINGS = [
  'schedule=cron(0 3 * * ? *)',
  'alarmEmail=owner@example.com',
  'kmsKeyArn=arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  'tracing=true',
];

/** Runs a Node program in the project's directory, and keeps all that it prints. */
function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, args, {
    cwd: PROJECT,
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
  let assembly: string;
  beforeAll(async () => {
    assembly = await mkdtemp(join(tmpdir(), 'blink-logout-app-'));
  });
  afterAll(() => rm(assembly, { recursive: true, force: true }));

  it('is synthesized without a warning: the template, and the bundle beside it', {
    timeout: 60_000,
  }, async () => {
    const cdk = join(PROJECT, 'node_modules/aws-cdk/bin/cdk');
    const context = SETTINGS.flatMap((setting) => ['-c', setting]);
    expect(await run([cdk, 'synth', '--quiet', '--output', assembly, ...context])).toEqual({
      exitCode: 0,
      output: '',
    });
    const template = await readFile(join(assembly, 'blink-logout.template.json'), 'utf8');
    expect(template).toContain('"ScheduleExpression": "cron(0 3 * * ? *)"');
    const [, bundle] = /"aws:asset:path": "(.+?)"/.exec(template) ?? [];
    expect(await readdir(join(assembly, bundle ?? 'no bundle'))).toEqual(['handler.js', 'handler.js.map']);
  });

  it('stops at wrong settings with a sentence each, and no stack trace', async () => {
    const CDK_CONTEXT_JSON = JSON.stringify({ webhookAuth: 'none', schedul: 'rate(1 day)' });
    const { exitCode, output } = await run(['bin/app.ts'], {
      CDK_OUTDIR: join(assembly, 'none'),
      CDK_CONTEXT_JSON,
    });
    expect(exitCode).toBe(1);
    const lines = output.trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe('webhookAuth was given as "none"; accepted is key or iam.');
    expect(lines[1]).toMatch(/^schedul is not a setting; accepted are schedule, /);
  });
});
