import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isLong } from '../proof/figures.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** The proxy is a closed port: what tries the network fails, and says so. */
const NO_NETWORK = { HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9' };

const SETTINGS = {
  schedule: 'cron(0 3 * * ? *)',
  alarmEmail: 'owner@blink-logout.dev',
  kmsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  tracing: true,
};

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'blink-logout-app-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** The CDK's validation of the template takes as long as all the rest. */
const VALIDATION = isLong ? {} : { CDK_VALIDATION: 'false' };

/** In the project, but not with its owner's settings.json. */
function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const options = { cwd: PROJECT, env: { ...process.env, ...NO_NETWORK, ...VALIDATION, ...env } };
  return new Promise<{ readonly exitCode: unknown; readonly output: string }>((resolve) => {
    execFile(program, [...args], options, (error, stdout, stderr) =>
      resolve({ exitCode: error?.code ?? 0, output: stdout + stderr }),
    );
  });
}

async function settingsFile(settings: object): Promise<string> {
  const file = join(directory, 'these.json');
  await writeFile(file, JSON.stringify(settings));
  return file;
}

it('npm run synth writes the template, and the bundle beside it, without a warning', {
  timeout: 60_000,
}, async () => {
  const assembly = join(directory, 'cdk.out');
  const options = ['-c', `settings=${await settingsFile(SETTINGS)}`, '--output', assembly];
  const ran = await run('npm', ['run', '-s', 'synth', '--', ...options]);
  expect(ran).toEqual({ exitCode: 0, output: '' });
  const template = await readFile(join(assembly, 'blink-logout.template.json'), 'utf8');
  expect(template).toContain('"ScheduleExpression": "cron(0 3 * * ? *)"');
  const [, bundle = ''] = /"aws:asset:path": "(.+?)"/.exec(template) ?? [];
  expect(await readdir(join(assembly, bundle))).toEqual(['handler.cjs', 'handler.cjs.map', 'init.mjs']);
});

it('the app stops at wrong settings with a sentence each, and no stack trace', async () => {
  const settings = await settingsFile({ webhookAuth: 'none', schedul: 'rate(1 day)' });
  const CDK_CONTEXT_JSON = JSON.stringify({ settings });
  expect(await run(process.execPath, ['bin/app.ts'], { CDK_CONTEXT_JSON })).toEqual({
    exitCode: 1,
    output:
      'The settings are wrong. Nothing was built or deployed.\nwebhookAuth was given as "none"; expected key or iam.\nschedul is not a setting; did you mean schedule?\n',
  });
});
