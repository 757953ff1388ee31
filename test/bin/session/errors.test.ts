import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { explain } from '../../../bin/session/errors/explain.ts';
import { parseCommandLine } from '../../../bin/session/program.ts';
import { openTarget } from '../../../bin/session/target.ts';
import { refuse } from '../../../local/secrets-manager/start-secrets-manager.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { AWS_KEYS, PASSWORD, session, sessionForEachTest } from './session-under-test.ts';

const KEYS = { AWS_ACCESS_KEY_ID: 'KEYS', AWS_SECRET_ACCESS_KEY: 'x' };

let home: string;

sessionForEachTest();
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'blink-logout-home-'));
  session.setAwsEnvironment({
    HOME: home,
    AWS_CONFIG_FILE: join(home, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'),
  });
});
afterEach(async () => {
  await rm(home, { recursive: true });
});

function given(environment: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
}

const PROFILE = '[profile blink]\nregion = eu-central-1\naws_access_key_id = A\naws_secret_access_key = B\n';
const SSO = [
  '[profile work]',
  'region = eu-central-1',
  'sso_session = mine',
  'sso_account_id = 123456789012',
  'sso_role_name = Admin',
  '[sso-session mine]',
  'sso_region = eu-central-1',
  'sso_start_url = https://example.awsapps.com/start',
].join('\n');

/** A sign-in of AWS IAM Identity Center that has expired. */
async function expireSso(): Promise<void> {
  const cache = join(home, '.aws', 'sso', 'cache');
  await mkdir(cache, { recursive: true });
  await writeFile(
    join(cache, `${createHash('sha1').update('mine').digest('hex')}.json`),
    JSON.stringify({ accessToken: 'canary', expiresAt: '2020-01-01T00:00:00Z' }),
  );
}

describe('at AWS', () => {
  it.each<[code: string, command: string, words: RegExp, environment: typeof process.env, config: string]>([
    ['credentials', '--region eu-central-1', /Could not load.*aws sso login.*--local/, {}, ''],
    ['profile_unknown', '--profile nobody', /profile "nobody".*list-profiles/, {}, PROFILE],
    ['no_region', '', /Region is missing.*--region eu-central-1.*--local/, AWS_KEYS, ''],
    ['no_region', '', /--region eu-central-1/, { ...AWS_KEYS, AWS_REGION: '' }, ''],
    ['no_region', '--region eu_central', /"eu_central" is not.*--region eu-central-1/, AWS_KEYS, ''],
    ['no_region', '', /"eu_west"/, { ...AWS_KEYS, AWS_DEFAULT_REGION: 'eu_west' }, ''],
    ['no_region', '--profile blink', /"eu_cen"/, AWS_KEYS, '[profile blink]\nregion = eu_cen\n'],
    ['credentials', '--profile work', /aws sso login --profile work/, {}, SSO],
  ])('reports %s: check %s', async (code, options, words, environment, config) => {
    given(environment);
    await writeFile(join(home, 'config'), config);
    await expireSso();
    const { exitCode, stdout } = await session.runAtAws(`check ${options} --json`);
    const { error } = JSON.parse(stdout);
    expect([exitCode, error.code]).toEqual([1, code]);
    expect(`${error.message} ${error.advice.join(' ')}`).toMatch(words);
    expect(session.secretsManager.calls).toEqual([]);
  });

  // Precedence: "Configuration and credentials precedence" (AWS CLI User Guide).
  it.each<[what: string, used: string, environment: typeof process.env, options?: string]>([
    ['keys of the environment before AWS_PROFILE', 'KEYS eu-west-1', { ...KEYS, AWS_PROFILE: 'a' }],
    ['--profile before keys of the environment', 'A eu-west-1', KEYS, '--profile a'],
    ['AWS_PROFILE before AWS_DEFAULT_PROFILE', 'A eu-west-1', { AWS_PROFILE: 'a', AWS_DEFAULT_PROFILE: 'b' }],
    ['AWS_DEFAULT_PROFILE', 'B eu-west-2', { AWS_DEFAULT_PROFILE: 'b' }],
    [
      'AWS_REGION before AWS_DEFAULT_REGION',
      'KEYS x-1',
      { ...KEYS, AWS_REGION: 'x-1', AWS_DEFAULT_REGION: 'x-2' },
    ],
    ['AWS_DEFAULT_REGION before the profile’s', 'A x-2', { AWS_PROFILE: 'a', AWS_DEFAULT_REGION: 'x-2' }],
    ['--region before AWS_REGION', 'KEYS x-3', { ...KEYS, AWS_REGION: 'x-1' }, '--region x-3'],
    ['the token of temporary keys', 'KEYS x-2 T', { ...KEYS, AWS_SESSION_TOKEN: 'T', AWS_REGION: 'x-2' }],
    ['no empty AWS_REGION', 'KEYS x-2', { ...KEYS, AWS_REGION: '', AWS_DEFAULT_REGION: 'x-2' }],
  ])('uses, like the AWS CLI, %s', async (_what, used, environment, options = '') => {
    const profile = (name: string, region: string) =>
      `[profile ${name}]\nregion = ${region}\naws_access_key_id = ${name.toUpperCase()}\naws_secret_access_key = x\n`;
    await writeFile(join(home, 'config'), profile('a', 'eu-west-1') + profile('b', 'eu-west-2'));
    given(environment);
    const warn = vi.spyOn(console, 'warn');
    const { target } = parseCommandLine(['list', ...options.split(' ').filter(Boolean)], { out: () => {} });
    const { client } = await openTarget(target, { onSaveRetry: () => {}, show: () => {} });
    const { accessKeyId, sessionToken = '' } = await client.config.credentials();
    expect(`${accessKeyId} ${await client.config.region()} ${sessionToken}`.trim()).toBe(used);
    client.destroy();
    expect(warn).not.toHaveBeenCalled();
  });

  it.each([
    ['ExpiredTokenException', 'It is expired', 'credentials', /It is expired Sign in: aws sso login/],
    ['UnrecognizedClientException', 'It is invalid', 'credentials', /It is invalid.*clock/],
    ['DecryptionFailure', 'The key is disabled', 'aws_failed', /AWS says: The key is disabled/],
    [
      'InvalidRequestException',
      'It was deleted',
      'secret_deleted',
      /restore-secret --secret-id blink-logout\/default/,
    ],
    ['SomethingNew', 'red\u001b[31m\r\nmore\u009b', 'aws_failed', /says: red \[31m more \(SomethingNew\)/],
    ['AccessDeniedException', 'Access to KMS is not allowed', 'access_denied', /the KMS key must allow it/],
    ['AuthorizationError', 'As SNS says it', 'access_denied', /must allow it/],
    ['TimeoutError', 'No answer came', 'network', /reached \(TimeoutError\)/],
  ])('shows what AWS says, and what to do: %s', async (name, message, code, words) => {
    given(AWS_KEYS);
    session.secretsManager.faults.before('GetSecretValue', refuse(name, message));
    const { exitCode, stdout } = await session.runAtAws('check --json --region eu-central-1');
    const { error } = JSON.parse(stdout);
    expect([exitCode, error.code]).toEqual([1, code]);
    expect(`${error.message} ${error.advice.join(' ')}`).toMatch(words);
  });

  const KEY = 'arn:aws:kms:eu-west-1:1:key/k';
  const SECRET = 'arn:aws:secretsmanager:eu-west-1:1:secret:a/b-x7Yz12';
  it.each([
    ['eu-west-1', 'aws', 'secretsmanager:GetSecretValue on resource: a/b', ':a/b-??????'],
    ['eusc-de-east-1', 'aws-eusc', 'secretsmanager:PutSecretValue on resource: x', ':x-??????'],
    ['eu-west-1', 'aws', `secretsmanager:GetSecretValue on resource: ${SECRET}`, SECRET],
    ['eu-west-1', 'aws', `kms:Decrypt on resource: ${KEY}`, KEY],
    ['eu-west-1', 'aws', 'svc:Action on resource: name', 'name'],
    ['eu-west-1', 'aws', 'secretsmanager:ListSecrets', '*'],
  ])('%s, %s: prints the statement that would allow %s', async (region, partition, denied, allowed) => {
    given(AWS_KEYS);
    const message = `User: arn:${partition}:iam::1:user/ada is not authorized to perform: ${denied} because no policy allows it`;
    session.secretsManager.faults.before('GetSecretValue', refuse('AccessDeniedException', message));
    const { stderr } = await session.runAtAws(`check --region ${region}`);
    const [Action] = denied.split(' ');
    const ofSecret = `arn:${partition}:secretsmanager:${region}:*:secret${allowed}`;
    const Resource = allowed.startsWith(':') ? ofSecret : allowed;
    expect(stderr).toContain(JSON.stringify({ Effect: 'Allow', Action, Resource }));
  });

  it('reports an unreachable network', async () => {
    given(AWS_KEYS);
    await session.secretsManager.close();
    const { exitCode, stderr } = await session.runAtAws('check --region eu-central-1');
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/network connection.*eu-central-1/)]);
  });
});

describe('here', () => {
  it.each<[what: string, command: string, prepare: () => unknown]>([
    ['does not run', 'list', () => session.secretsManager.close()],
    ['does not run', 'logout', () => session.blink.close()],
    [
      'drops a connection',
      'list',
      () => session.secretsManager.faults.before('ListSecrets', { do: 'destroy' }),
    ],
  ])(
    'the local run %s: %s says how it is started, and which port to name',
    async (_what, command, prepare) => {
      session.store('{"refresh_token":"x"}');
      await prepare();
      const { exitCode, stderr } = await session.run(command);
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`npm start -- --serve --port ${session.port}`);
      expect(stderr).toContain('--port takes the port of the webhook');
    },
  );
});

describe('an invalid command line', () => {
  it.each([
    ['', 'Expected a command.\n  See: bin/blink-logout --help\n'],
    ['no-such-command', 'Unknown command.'],
    ['no-such-command --help', 'Unknown command.'],
    ['no-such-command --version', 'Unknown command.'],
    ['help no-such-command', 'Unknown command.'],
    ['sign-on', 'Did you mean sign-in?'],
    ['sign-on garden -h', 'Did you mean sign-in?'],
    ['help sign-on', 'Did you mean sign-in?'],
    ['check --regoin eu-central-1', 'Did you mean --region?'],
    [`sign-in --password=${PASSWORD}`, 'remove it from your shell’s history'],
    [`sign-in --password ${PASSWORD}`, '--password takes no value'],
    [`sign-in ${PASSWORD} ${PASSWORD}`, 'Too many arguments.'],
    ['sign-in canary.person@example.com', 'a-z, 0-9 and -'],
    ["it's-canary", 'Unknown command.\n'],
    ["--it's-canary", 'Unknown option.\n'],
    ["check -it's-canary", 'Unknown option.\n'],
    ["check --'canary", 'Unknown option.\n'],
    ['check --eyJ-canary', 'Unknown option.\n'],
    ['check --eyes=canary', 'Unknown option --eyes.\n'],
    ['import', 'Required option --from not specified.\n  See: bin/blink-logout import --help\n'],
    ['check -local', 'Did you mean --local?'],
    ['import --from --local', 'Option --from argument missing.'],
    ['logout --profile --local', 'Option --profile argument missing.'],
    ['import --from', 'Option --from argument missing.'],
    ['check --region', 'Option --region argument missing.'],
    ['check --region=', 'Option --region argument missing.'],
    ['key add x --sessions -h', 'Option --sessions argument missing.'],
    ['check --local=yes', '--local takes no value.'],
    ['logout --client-id 12x', '--client-id must be a number'],
    ['key steal', 'show, rotate'],
    ['list --port 8585 --profile a', 'Option --local cannot be used with option --profile.'],
    ['list --port 99999', '--port must be'],
    ['list --local --region eu-central-1', 'Option --local cannot be used with option --region.'],
  ])('%s exits with 2 and does not repeat the arguments', async (line, words) => {
    const { exitCode, stderr, stdout } = await session.runAtAws(line);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/canary/i);
    expect(session.secretsManager.calls).toEqual([]);
  });

  it('is a document for a script', async () => {
    const { exitCode, stdout, stderr } = await session.runAtAws('list --json --steal');
    expect([exitCode, JSON.parse(stdout).error.code, stderr]).toEqual([2, 'usage', '']);
  });
});

it('help shows commands and examples in 80 columns, and exits with 0', async () => {
  const { exitCode, stdout } = await session.runAtAws('--help');
  expect(exitCode).toBe(0);
  const commands = [...stdout.matchAll(/^ {2}([a-z-]+) \[options\]/gm)].map(([, name = '']) => name);
  expect(commands).toHaveLength(10);
  for (const command of commands) {
    const help = await session.runAtAws(`${command} --help`);
    expect(help).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('--local') });
    expect(help.stdout).toContain(`Usage: bin/blink-logout ${command}`);
    expect(stdout + help.stdout).not.toMatch(/^.{81}/m);
  }
});

it('--version shows the version', async () => {
  expect(await session.runAtAws('--version')).toEqual({
    exitCode: 0,
    stdout: `${packageJson.version}\n`,
    stderr: '',
  });
});

it('an unexpected error is shown by its place alone', async () => {
  const bug = new TypeError('canary\n    at canary (canary.js:1:1)');
  const target = await openTarget({ local: true }, { onSaveRetry: () => {}, show: () => {} });
  const { message, advice } = await explain(bug, target, 'default');
  expect(message).toContain('this is a bug');
  expect(advice).toEqual(expect.arrayContaining([expect.stringContaining('errors.test.ts')]));
  expect(`${message} ${advice}`).not.toContain('canary');
});
