import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseCommandLine } from '../../../bin/session/program.ts';
import { openTarget } from '../../../bin/session/target.ts';
import { refuse } from '../../../local/secrets-manager/start-secrets-manager.ts';
import { PASSWORD, type SessionUnderTest, startSessionUnderTest } from './session-under-test.ts';

const KEYS = { AWS_ACCESS_KEY_ID: 'ENVIRONMENT', AWS_SECRET_ACCESS_KEY: 'x' };

let session: SessionUnderTest;
let home: string;

beforeEach(async () => {
  session = await startSessionUnderTest();
  home = await mkdtemp(join(tmpdir(), 'blink-logout-home-'));
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  vi.stubEnv('HOME', home);
  vi.stubEnv('AWS_CONFIG_FILE', join(home, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(home, 'credentials'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', session.secretsManager.url);
});
afterEach(async () => {
  session.expectNothingPrintedInClear();
  await session.close();
  await rm(home, { recursive: true });
});

function signedIn(): void {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIACANARY');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'canary-secret-key');
}

describe('at AWS', () => {
  it('works with the ordinary credentials and the region that is asked for', async () => {
    signedIn();
    session.store('{"refresh_token":"x"}');
    expect(await session.runAtAws('check --region eu-central-1')).toMatchObject({ exitCode: 0 });
  });

  it('works with a profile', async () => {
    await writeFile(
      join(home, 'config'),
      '[profile blink]\nregion = eu-central-1\naws_access_key_id = A\naws_secret_access_key = B\n',
    );
    session.store('{"refresh_token":"x"}');
    expect(await session.runAtAws('check --profile blink')).toMatchObject({ exitCode: 0 });
  });

  it('reports that there are no credentials', async () => {
    const { exitCode, stderr } = await session.runAtAws('check --region eu-central-1');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('There are no AWS credentials.');
    expect(stderr).toContain('--local');
  });

  it('names the profile that is missing, and the files', async () => {
    const { exitCode, stderr } = await session.runAtAws('check --region eu-central-1 --profile nobody');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`no AWS profile named nobody in ${join(home, 'config')} or`);
    expect(stderr).toContain(join(home, 'credentials'));
    expect(stderr).toContain('list-profiles');
  });

  it.each([
    [['--region', 'eu central'], {}, '--region must be an AWS Region, such as eu-central-1'],
    [['--region', ''], {}, '--region must be an AWS Region'],
    [['--region', '-eu'], {}, '--region must be an AWS Region'],
    [[], { AWS_REGION: '' }, 'AWS_REGION must be an AWS Region'],
    [[], { AWS_DEFAULT_REGION: 'eu_central_1' }, 'AWS_DEFAULT_REGION must be an AWS Region'],
    [['--profile', ''], {}, '--profile needs the name of an AWS profile'],
  ])('%j with %j is an invalid command line', async (options, environment, words) => {
    signedIn();
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const { exitCode, stdout, stderr } = await session.runWordsAtAws(['check', ...options, '--json']);
    expect([exitCode, stderr]).toEqual([2, '']);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'usage',
      message: expect.stringContaining(words),
    });
    expect(session.secretsManager.calls).toEqual([]);
  });

  it('reports that the region of a profile is invalid', async () => {
    await writeFile(join(home, 'config'), '[profile blink]\nregion = eu_central\n');
    signedIn();
    const { exitCode, stderr } = await session.runAtAws('check --profile blink');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Region of the AWS profile is invalid');
  });

  it.each([
    [
      'keys in the environment before AWS_PROFILE',
      { ...KEYS, AWS_PROFILE: 'a' },
      '',
      'ENVIRONMENT eu-west-1',
    ],
    ['--profile before keys in the environment', KEYS, '--profile a', 'PROFILE-A eu-west-1'],
    [
      'AWS_PROFILE before AWS_DEFAULT_PROFILE',
      { AWS_PROFILE: 'a', AWS_DEFAULT_PROFILE: 'b' },
      '',
      'PROFILE-A eu-west-1',
    ],
    ['AWS_DEFAULT_PROFILE', { AWS_DEFAULT_PROFILE: 'b' }, '', 'PROFILE-B eu-west-2'],
    [
      'AWS_REGION before AWS_DEFAULT_REGION',
      { AWS_PROFILE: 'a', AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-2' },
      '',
      'PROFILE-A us-east-1',
    ],
    [
      'AWS_DEFAULT_REGION before the region of the profile',
      { AWS_PROFILE: 'a', AWS_DEFAULT_REGION: 'us-east-2' },
      '',
      'PROFILE-A us-east-2',
    ],
    [
      '--region before AWS_REGION',
      { AWS_PROFILE: 'a', AWS_REGION: 'us-east-1' },
      '--region us-west-1',
      'PROFILE-A us-west-1',
    ],
  ])('uses, like the AWS CLI, %s', async (_what, environment, options, used) => {
    await writeFile(
      join(home, 'config'),
      ['a', 'b']
        .map((name, n) =>
          [
            `[profile ${name}]`,
            `region = eu-west-${n + 1}`,
            `aws_access_key_id = PROFILE-${name.toUpperCase()}`,
            'aws_secret_access_key = x\n',
          ].join('\n'),
        )
        .join('\n'),
    );
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const warn = vi.spyOn(console, 'warn');
    const client = (
      await openTarget(
        parseCommandLine(['list', ...options.split(' ').filter(Boolean)], { out: () => {} }).target,
        { onSaveRetry: () => {}, onCall: () => {} },
      )
    ).client;
    const { accessKeyId } = await client.config.credentials();
    expect(`${accessKeyId} ${await client.config.region()}`).toBe(used);
    client.destroy();
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it('reports that no region is set', async () => {
    signedIn();
    const { exitCode, stderr } = await session.runAtAws('check');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('--region eu-central-1');
  });

  it('reports that the SSO session has expired, and how to begin another', async () => {
    await writeFile(
      join(home, 'config'),
      [
        '[profile work]',
        'region = eu-central-1',
        'sso_session = mine',
        'sso_account_id = 123456789012',
        'sso_role_name = Admin',
        '[sso-session mine]',
        'sso_region = eu-central-1',
        'sso_start_url = https://example.awsapps.com/start',
      ].join('\n'),
    );
    const cache = join(home, '.aws', 'sso', 'cache');
    await mkdir(cache, { recursive: true });
    await writeFile(
      join(cache, `${createHash('sha1').update('mine').digest('hex')}.json`),
      JSON.stringify({ accessToken: 'canary', expiresAt: '2020-01-01T00:00:00Z' }),
    );
    const { exitCode, stderr } = await session.runAtAws('list --profile work');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('aws sso login --profile work');
  });

  it.each([
    [
      'ExpiredTokenException',
      'The security token is expired',
      'credentials_expired',
      /expired.*aws sso login/,
    ],
    ['UnrecognizedClientException', 'The token is invalid', 'credentials_refused', /token is invalid.*clock/],
    ['DecryptionFailure', 'The key is disabled', 'aws_failed', /AWS says: The key is disabled/],
    [
      'InvalidRequestException',
      'It was marked for deletion',
      'secret_deleted',
      /restore-secret --secret-id blink-logout\/default/,
    ],
    [
      'SomethingNew',
      'red\u001b[31m and\r\nmore\u009b',
      'aws_failed',
      /AWS says: red \[31m and more \(SomethingNew\)/,
    ],
  ])('shows what AWS says, and what to do: %s', async (name, message, code, words) => {
    signedIn();
    session.store('{"refresh_token":"x"}');
    session.secretsManager.faults.before('GetSecretValue', refuse(name, message));
    const { exitCode, stdout } = await session.runAtAws('check --json --region eu-central-1');
    const { error } = JSON.parse(stdout);
    expect([exitCode, error.code]).toEqual([1, code]);
    expect(`${error.message} ${error.advice.join(' ')}`).toMatch(words);
  });

  it.each([
    [
      'eu-central-1',
      'User: arn:aws:iam::111122223333:user/ada is not authorized to perform: secretsmanager:GetSecretValue on resource: blink-logout/default because no identity-based policy allows the secretsmanager:GetSecretValue action',
      {
        Action: 'secretsmanager:GetSecretValue',
        Resource: 'arn:aws:secretsmanager:eu-central-1:*:secret:blink-logout/default-??????',
      },
    ],
    [
      'cn-north-1',
      'User: x is not authorized to perform: secretsmanager:PutSecretValue on resource: blink-logout/garden',
      {
        Action: 'secretsmanager:PutSecretValue',
        Resource: 'arn:aws-cn:secretsmanager:cn-north-1:*:secret:blink-logout/garden-??????',
      },
    ],
    [
      'us-gov-west-1',
      'User: x is not authorized to perform: kms:Decrypt on resource: arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/k because no identity-based policy allows the kms:Decrypt action',
      { Action: 'kms:Decrypt', Resource: 'arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/k' },
    ],
    [
      'eu-central-1',
      'User: x is not authorized to perform: secretsmanager:ListSecrets because no identity-based policy allows it',
      { Action: 'secretsmanager:ListSecrets', Resource: '*' },
    ],
  ])('%s: prints the statement that AWS’s message asks for: %s', async (region, message, statement) => {
    signedIn();
    session.store('{"refresh_token":"x"}');
    session.secretsManager.faults.before('GetSecretValue', refuse('AccessDeniedException', message));
    const { stderr } = await session.runAtAws(`check --region ${region}`);
    expect(stderr).toContain(JSON.stringify({ Effect: 'Allow', ...statement }));
  });

  it('prints no statement where AWS names no action', async () => {
    signedIn();
    session.store('{"refresh_token":"x"}');
    const denied = refuse('AccessDeniedException', 'Access to KMS is not allowed');
    session.secretsManager.faults.before('GetSecretValue', denied);
    const { stderr } = await session.runAtAws('check --region eu-central-1');
    expect(stderr).toContain('AWS says: Access to KMS is not allowed');
    expect(stderr).toContain('the policy of the KMS key must allow it');
  });

  it('reports an unreachable network', async () => {
    signedIn();
    await session.secretsManager.close();
    const { exitCode, stderr } = await session.runAtAws('check --region eu-central-1');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/network connection.*eu-central-1/);
  });
});

describe('here', () => {
  it('reports how the local run is started', async () => {
    await session.secretsManager.close();
    const { exitCode, stderr } = await session.run('list');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`npm start -- --serve --port ${session.port}`);
  });

  it.each(['list', 'logout'])(
    'does not say to start it while it runs: %s over a dropped connection',
    async (line) => {
      session.store('{"refresh_token":"x"}');
      session.secretsManager.faults.before('ListSecrets', { do: 'destroy' });
      session.blink.faults.before('refresh', { do: 'destroy' });
      const { exitCode, stderr } = await session.run(line);
      expect(exitCode).toBe(1);
      expect(stderr).toContain('Try again');
      expect(stderr).not.toContain('npm start');
    },
  );
});

describe('an invalid command line', () => {
  it.each([
    ['', 'A command is missing'],
    ['no-such-command', 'There is no such command'],
    ['no-such-command --help', 'There is no such command'],
    ['help no-such-command', 'There is no such command'],
    ['sign-on', 'Did you mean sign-in?'],
    ['logotu --help', 'Did you mean logout?'],
    ['check --regoin eu-central-1', 'Did you mean --region?'],
    [`sign-in --password=${PASSWORD}`, '--password takes no value'],
    [`sign-in --password ${PASSWORD}`, '--password takes no value'],
    [`sign-in ${PASSWORD} ${PASSWORD}`, 'too many arguments'],
    ['sign-in canary.person@example.com', 'a-z, 0-9 and -'],
    ['import', '--from is missing'],
    ['import --from', '--from needs a value'],
    ['check --region', '--region needs a value'],
    ['check --local=yes', '--local takes no value.'],
    ['logout --client-id 12x', '--client-id must be a number'],
    ['key steal', 'show, rotate'],
    ['list --port 8585', '--port requires --local'],
    ['list --local --port 99999', '--port must be'],
    ['list --local --region eu-central-1', '--local does not accept --region or --profile'],
  ])('%s exits with 2 and does not repeat the arguments', async (line, words) => {
    const { exitCode, stderr, stdout } = await session.runAtAws(line);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
    expect(session.secretsManager.calls).toEqual([]);
  });

  it('is a document for a script', async () => {
    const { exitCode, stdout, stderr } = await session.runAtAws('list --json --steal');
    expect([exitCode, JSON.parse(stdout).error.code, stderr]).toEqual([2, 'usage', '']);
  });
});

describe('help', () => {
  it('shows the version', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(await session.runAtAws('--version')).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('shows commands and examples, and exits with 0', async () => {
    const { exitCode, stdout } = await session.runAtAws('--help');
    expect(exitCode).toBe(0);
    const commands = [...stdout.matchAll(/^ {2}([a-z-]+) \[options\]/gm)].map(([, name = '']) => name);
    expect(commands).toHaveLength(10);
    for (const command of commands) {
      const help = await session.runAtAws(`${command} --help`);
      expect(help).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('--local') });
      expect(help.stdout).toContain(`Usage: bin/blink-logout ${command}`);
      expect(stdout + help.stdout, 'fits 80 columns').not.toMatch(/^.{81}/m);
    }
  });
});
