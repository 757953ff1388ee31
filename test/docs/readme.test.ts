import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { main } from '../../bin/session/main.ts';
import { FAILURES } from '../../lambda/core/failure-codes.ts';
import { parseStoredSession } from '../../lambda/core/stored-session/parse-stored-session.ts';
import { secretsManagerClient } from '../../lambda/core/vault/secrets-manager.ts';
import { readSettingsFile } from '../../lib/settings-file.ts';
import { signIn } from '../../local/local-session.ts';
import { LOCAL_ACCOUNTS, LOCAL_SESSIONS } from '../../local/local-sessions.ts';
import { type LocalStack, startLocalStack } from '../../local/local-stack.ts';
import { type LoopbackServer, startLoopbackServer } from '../../local/loopback-server.ts';
import { HAS_AWS_CLI, secretsManagerRequest } from './aws-cli.ts';
import { freePort } from './free-port.ts';
import { blocksOf, sectionOf } from './markdown.ts';

const session = LOCAL_SESSIONS.default;
let stack: LocalStack;
let port: number;
/** The working directory of a person. */
let directory: string;

beforeAll(async () => {
  port = await freePort();
  stack = await startLocalStack({ assembly: inject('assembly'), accounts: LOCAL_ACCOUNTS, port });
  directory = mkdtempSync(join(tmpdir(), 'blink-logout-readme-'));
});
afterAll(async () => {
  await stack?.close();
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(() => signIn(stack, session));

async function shell(script: string, env: Readonly<Record<string, string>>): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-euc', script], {
    cwd: directory,
    env: { PATH: process.env['PATH'], ...env },
  });
  return stdout;
}

/** Runs a recipe as a person would paste it, with the two variables that the README asks for. */
async function paste(recipe: string): Promise<readonly unknown[]> {
  const stdout = await shell(recipe, {
    WEBHOOK_URL: `${stack.httpApi.url}/logout`,
    WEBHOOK_KEY: stack.authorization.replace('Bearer ', ''),
  });
  return stdout
    .trim()
    .split('\n')
    .map((reply): unknown => JSON.parse(reply));
}

/** Runs the lines of a block of session commands with `--local`. Resolves with what they print on stdout. */
async function sessionCommands(block: string): Promise<readonly string[]> {
  const printed: string[] = [];
  for (const line of block.trim().split('\n')) {
    const argv = line.replace('bin/blink-logout ', '').split(' ');
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const texts = Promise.all([text(stdout), text(stderr)]);
    const streams = { stdin: Readable.from([]), stdout, stderr };
    const exitCode = await main([...argv, '--local', '--port', String(port)], streams);
    stdout.end();
    stderr.end();
    const [shown, problems] = await texts;
    expect(exitCode, `${line}: ${problems}`).toBe(0);
    printed.push(shown);
  }
  return printed;
}

/** CloudFormation's query protocol (AWS CloudFormation API Reference, DescribeStacks). */
function describesStack(outputs: Readonly<Record<string, string>>): Promise<LoopbackServer> {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  const described = `<StackName>blink-logout</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime><Outputs>${members.join('')}</Outputs>`;
  const body = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member>${described}</member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
  return startLoopbackServer({}, async () => ({
    answer: { status: 200, headers: { 'content-type': 'text/xml' }, body },
  }));
}

function shellBlocks(heading: string): readonly string[] {
  return blocksOf(sectionOf('README.md', heading), 'sh');
}

const createInput = v.strictObject({ Name: v.string(), SecretString: v.string() });
const putInput = v.strictObject({ SecretId: v.string(), SecretString: v.string() });
const getInput = v.strictObject({ SecretId: v.string() });
const deleteInput = v.strictObject({ SecretId: v.string(), ForceDeleteWithoutRecovery: v.literal(true) });

const LOGGED_OUT = { outcome: 'logged_out', session: session.name };
/** The id of the README's lost phone, and the one of the account. */
const LOST_PHONE = ['1234567', String(LOCAL_ACCOUNTS[0]?.clients?.[0]?.id)] as const;

describe('a recipe of the README works as it stands', () => {
  test('curl', async () => {
    const [check = '', logout = ''] = blocksOf(sectionOf('README.md', 'curl'), 'sh').flatMap((block) =>
      block.trim().split('\n'),
    );
    expect(await paste(check)).toMatchObject([{ outcome: 'ready' }]);
    expect(await paste(logout)).toMatchObject([LOGGED_OUT]);
  });

  test('a lost phone, by the commands and by the webhook', async () => {
    const [commands = '', webhook = ''] = shellBlocks('A lost phone').map((block) =>
      block.replace(...LOST_PHONE),
    );
    const [clients = '', logout] = await sessionCommands(commands);
    expect(clients).toContain(LOST_PHONE[1]);
    expect(logout).toContain(`Logged out: client ${LOST_PHONE[1]}`);
    expect(await paste(webhook)).toMatchObject([{ outcome: 'already_logged_out' }]);
    expect((await sessionCommands(commands.split('\n')[1] ?? ''))[0]).toContain(
      `Client ${LOST_PHONE[1]} is already logged out.`,
    );
  });

  test('many sessions, by hand', async () => {
    const [commands = ''] = shellBlocks('Many sessions');
    const [logout, failed] = await sessionCommands(commands);
    expect(logout).toContain('1 of 1 sessions logged out');
    expect(failed).toContain('does not need you');
  });

  test('the check after a deployment, and the settings that it begins with', async () => {
    cpSync(new URL('../../settings.example.json', import.meta.url), join(directory, 'settings.example.json'));
    const [, copy = '', , , doctor = ''] = shellBlocks('Deploy it');
    await shell(copy, {});
    // As the next sentence says.
    await shell('sed -i s/you@example.com/owner@blink-logout.dev/ settings.json', {});
    expect(readSettingsFile(directory, {})).toMatchObject({
      schedule: 'cron(0 3 * * ? *)',
    });
    expect((await sessionCommands(doctor))[0]).toContain('✓ function');
  });

  test('Secrets Manager receives what the AWS CLI would send', async () => {
    writeFileSync(join(directory, 'tokens.txt'), '{"refresh_token":"x"}');
    const lines = [
      ...shellBlocks('Store tokens by hand'),
      ...shellBlocks('When a deployment fails'),
      /\$\((aws secretsmanager .*)\)/.exec(shellBlocks('Call it')[0] ?? '')?.[1] ?? '',
    ].flatMap((block) => block.trim().split('\n'));
    stack.secretsManager.secrets.create('blink-logout-webhook-key-of-before', 'x');
    const client = secretsManagerClient({
      endpoint: stack.secretsManager.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    const sent: Readonly<Record<string, (input: unknown) => Promise<object>>> = {
      CreateSecret: (input) => client.send(new CreateSecretCommand(v.parse(createInput, input))),
      PutSecretValue: (input) => client.send(new PutSecretValueCommand(v.parse(putInput, input))),
      GetSecretValue: (input) => client.send(new GetSecretValueCommand(v.parse(getInput, input))),
      DeleteSecret: (input) => client.send(new DeleteSecretCommand(v.parse(deleteInput, input))),
    };
    for (const line of lines) {
      const { action, input } = secretsManagerRequest(
        line.replace('/default', '/by-hand').replace('webhook-key --force', 'webhook-key-of-before --force'),
      );
      await sent[action]?.(input);
      expect(Object.keys(sent), line).toContain(action);
    }
    client.destroy();
    expect(lines).toHaveLength(4);
  });

  test.skipIf(!HAS_AWS_CLI)('the AWS CLI, against the stand-ins', async () => {
    const [variables = ''] = shellBlocks('Call it');
    const [invoke = ''] = shellBlocks('aws lambda invoke');
    const cloudFormation = await describesStack({ WebhookUrl: `${stack.httpApi.url}/logout` });
    const show = 'printf "%s\\n" "$WEBHOOK_URL" "$WEBHOOK_KEY"';
    const printed = await shell([variables, show, invoke].join('\n'), {
      AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: stack.secretsManager.url,
      AWS_ENDPOINT_URL_LAMBDA: stack.lambdaApi.url,
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    });
    await cloudFormation.close();
    const [url, key] = printed.split('\n');
    expect(url).toBe(`${stack.httpApi.url}/logout`);
    expect(key).toBe(stack.authorization.replace('Bearer ', ''));
    expect(printed).toContain('"StatusCode": 200');
    expect(JSON.parse(printed.slice(printed.lastIndexOf('{"outcome"')))).toMatchObject(LOGGED_OUT);
  });

  test('openssl, as a Standard Webhooks sender', async () => {
    const [recipe = ''] = blocksOf(sectionOf('README.md', 'A Standard Webhooks sender'), 'sh');
    expect(await paste(recipe)).toMatchObject([LOGGED_OUT]);
    expect(await paste(recipe.replace('v1,$signature', 'v1,A$signature'))).toMatchObject([
      { code: 'unauthenticated' },
    ]);
  });

  test('Home Assistant, whose rest_command makes this request', async () => {
    const [yaml = ''] = blocksOf(sectionOf('README.md', 'Home Assistant'), 'yaml');
    const schema = v.object({
      rest_command: v.object({
        blink_logout: v.strictObject({
          url: v.pipe(v.string(), v.endsWith('/logout')),
          method: v.string(),
          headers: v.object({ Authorization: v.literal('!secret blink_logout') }),
          content_type: v.string(),
          payload: v.string(),
          timeout: v.literal(30),
        }),
      }),
      script: v.object({
        blink_logout: v.object({
          sequence: v.strictTuple([
            v.strictObject({
              action: v.literal('rest_command.blink_logout'),
              response_variable: v.string(),
              continue_on_error: v.literal(true),
            }),
            v.strictObject({
              if: v.string(),
              // biome-ignore lint/suspicious/noThenProperty: Home Assistant's word
              then: v.strictTuple([
                v.strictObject({
                  action: v.literal('persistent_notification.create'),
                  data: v.strictObject({ title: v.string(), message: v.string() }),
                }),
              ]),
            }),
          ]),
        }),
      }),
    });
    const { rest_command, script } = v.parse(
      schema,
      parse(yaml.replace('!secret blink_logout', '"!secret blink_logout"')),
    );
    const { blink_logout } = rest_command;
    // Of a reply, Home Assistant has `status`, `content` and `headers` (its documentation of "RESTful Command").
    const [call, notify] = script.blink_logout.sequence;
    const templates = [notify.if, notify.then[0].data.message].map((template) =>
      template.replaceAll(/'[^']*'/g, '').replace(/^\{\{ (.*) \}\}$/, '$1'),
    );
    const known = ['status', 'content', call.response_variable, ...'is not defined or if else'.split(' ')];
    for (const template of templates) {
      expect(template).not.toMatch(/[{}]/);
      for (const word of template.match(/[a-z_]+/g) ?? []) expect(known).toContain(word);
    }
    const response = await fetch(`${stack.httpApi.url}/logout`, {
      method: blink_logout.method,
      headers: { authorization: stack.authorization, 'content-type': blink_logout.content_type },
      body: blink_logout.payload,
    });
    expect(await response.json()).toMatchObject(LOGGED_OUT);
  });

  test('an iPhone Shortcut, which sends the fields as JSON', async () => {
    const [, field = '', value = ''] =
      /field `(\w+)` = `(\w+)`/.exec(sectionOf('README.md', 'An iPhone Shortcut').replaceAll('\n', ' ')) ??
      [];
    const response = await fetch(`${stack.httpApi.url}/logout`, {
      method: 'POST',
      headers: { authorization: stack.authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ [field]: value }),
    });
    expect(await response.json()).toMatchObject(LOGGED_OUT);
  });

  test('aws lambda invoke, which posts its payload to the function', async () => {
    const [recipe = ''] = blocksOf(sectionOf('README.md', 'aws lambda invoke'), 'sh');
    const payload = /echo '(.*)'/.exec(recipe)?.[1] ?? '';
    const { name } = stack.deployment.function;
    const invoke = (body: string) =>
      fetch(`${stack.lambdaApi.url}/2015-03-31/functions/${name}/invocations`, { method: 'POST', body });
    expect(await (await invoke(payload)).json()).toMatchObject(LOGGED_OUT);
    const refused = await invoke('{"key1":"value1"}');
    expect(refused.headers.get('x-amz-function-error')).toBe('Unhandled');
    expect(await refused.json()).toMatchObject({ errorType: 'request_invalid' });
    expect((await invoke('{')).status).toBe(400);
  });

  test('the console’s test event', async () => {
    const [, event = ''] = /event JSON `(.*)`/.exec(sectionOf('README.md', 'The AWS console')) ?? [];
    const { result } = await stack.invoke(JSON.parse(event));
    expect(result).toMatchObject({ kind: 'returned', payload: { outcome: 'ready' } });
  });
});

describe('what the README says is so', () => {
  test('of the costs: each sum is the one of the page about scale', () => {
    const page = sectionOf('docs/scale.md', 'A month');
    const sums = (text: string) =>
      /^\| \*\*Sum\*\* \|(.*)\|$/m
        .exec(text)?.[1]
        ?.split('|')
        .map((cell) => cell.trim());
    expect(sums(sectionOf('README.md', 'What it costs'))).toEqual(sums(page)?.slice(0, 2));
  });

  test('of the failures: each code that a caller can meet has its row', () => {
    const told = [...sectionOf('README.md', 'When it fails').matchAll(/^\| (`.*?) \|/gm)].flatMap(
      ([, cell = '']) => cell.split(', ').map((code) => code.replaceAll('`', '')),
    );
    const speakForThemselves = ['not_found', 'method_not_allowed', 'request_too_large', 'internal_error'];
    expect([...told, ...speakForThemselves].toSorted()).toEqual(Object.keys(FAILURES).toSorted());
  });

  test('of the stored forms: each example is read as what it is', () => {
    const section = sectionOf('README.md', 'Store tokens by hand').replaceAll('…', '0');
    const forms = [...blocksOf(section, 'text'), ...blocksOf(section, 'json')].map((text) => {
      const { form, tier, clientId, accountId } = parseStoredSession(text);
      return { form, tier, clientId, accountId };
    });
    const found = { tier: 'e008', clientId: '1234567', accountId: 123456 };
    expect(forms).toEqual(['blink-tokens', 'blinkpy', 'homebridge'].map((form) => ({ form, ...found })));
  });

  test('of other documents: each link leads to a file', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    for (const [, path = ''] of readme.matchAll(/\]\((?!http)([^)#]+)\)/g)) {
      expect(() => readFileSync(new URL(`../../${path}`, import.meta.url))).not.toThrow(/ENOENT/);
    }
  });
});
