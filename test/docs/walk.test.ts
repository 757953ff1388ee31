import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseStoredSession } from '../../lambda/core/stored-session/parse-stored-session.ts';
import { readSettingsFile } from '../../lib/settings-file.ts';
import { signIn } from '../../local/local-session.ts';
import { LOCAL_ACCOUNTS, LOCAL_SESSIONS, LOCAL_USER } from '../../local/local-sessions.ts';
import { type LocalStack, startLocalStack } from '../../local/local-stack.ts';
import { type LoopbackServer, startLoopbackServer } from '../../local/loopback-server.ts';
import { assembly } from '../end-to-end/assembly.ts';
import { freePort } from '../free-port.ts';
import { Browser } from '../local/blink/browser.ts';
import { isLong } from '../proof/figures.ts';
import { RUNS_AWS_CLI } from './aws-cli.ts';
import { blocksOf, sectionOf } from './markdown.ts';
import { asShown, type Step, stepsOf } from './walk.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

let stack: LocalStack;
let port: number;
let cloudFormation: LoopbackServer;
/** The working directory of a person. */
let directory: string;

beforeAll(async () => {
  port = await freePort();
  stack = await startLocalStack({ assembly: await assembly(), accounts: LOCAL_ACCOUNTS, port });
  for (const session of Object.values(LOCAL_SESSIONS)) signIn(stack, session);
  cloudFormation = await describesStack({ WebhookUrl: `${stack.httpApi.url}/logout` });
  directory = mkdtempSync(join(tmpdir(), 'blink-logout-walk-'));
  for (const path of ['bin', 'package.json']) symlinkSync(join(PROJECT, path), join(directory, path));
  cpSync(join(PROJECT, 'settings.example.json'), join(directory, 'settings.example.json'));
  const refreshToken = stack.blink.seedSession({ accountId: 100_001, clientId: 300_009 });
  writeFileSync(join(directory, 'tokens.txt'), JSON.stringify({ refreshToken }));
});
afterAll(async () => {
  await stack?.close();
  await cloudFormation?.close();
  rmSync(directory, { recursive: true, force: true });
});

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

/** What the local run asks to be pasted, once. */
function environment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    WEBHOOK_URL: `${stack.httpApi.url}/logout`,
    WEBHOOK_KEY: stack.authorization.replace('Bearer ', ''),
    AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: stack.secretsManager.url,
    AWS_ENDPOINT_URL_LAMBDA: stack.lambdaApi.url,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
}

/** Each of our commands at this local run. */
function atLocalRun(commands: string): string {
  return commands.replaceAll(
    /bin\/blink-logout(?: (?!--local)[^\s|)"]+)+( --local)?/g,
    (line, local = ' --local') => `${line.replace(/ --local$/, '')}${local} --port ${port}`,
  );
}

async function paste(commands: string): Promise<string> {
  const script = atLocalRun(commands);
  const { stdout } = await promisify(execFile)('bash', ['-euc', script], {
    cwd: directory,
    env: environment(),
  });
  return stdout;
}

/** Signs in on the page, as a person does in a browser. */
async function signsIn(commands: string): Promise<void> {
  const child = spawn('bash', ['-euc', atLocalRun(commands)], { cwd: directory, env: environment() });
  let shown = '';
  const exit = new Promise((resolve) => child.on('exit', resolve));
  const result = text(child.stdout);
  for await (const part of child.stderr.setEncoding('utf8')) {
    shown += part;
    const [page] = /http:\/\/\S+&state=\S+(?=\s)/.exec(shown) ?? [];
    if (page === undefined || child.stdin.writableEnded) continue;
    const browser = new Browser();
    await browser.open(page);
    await browser.submit('Sign in', {
      'E-mail address': LOCAL_USER.email,
      Password: LOCAL_USER.password,
    });
    await browser.submit('Continue', { Code: LOCAL_USER.code });
    child.stdin.end(`${browser.address}\n`);
  }
  expect([await exit, await result], shown).toEqual([0, expect.stringContaining('Stored as')]);
}

const needsAwsCli = ({ commands }: Step) => /\baws [a-z]/.test(commands);

describe.each(['README.md', 'docs/recipes.md', 'docs/operators.md'])('the blocks of %s', (page) => {
  test.for(stepsOf(page))('$section: $commands', { timeout: 60_000 }, async (step, { skip }) => {
    const { mark, commands, shown } = step;
    skip(mark?.startsWith('not run: ') === true, mark);
    skip(mark === 'in a terminal of its own', 'the local run of this test');
    // A start of a command takes half a second of CPU time.
    skip(!isLong && page === 'docs/operators.md', 'for the long form');
    skip(needsAwsCli(step) && !RUNS_AWS_CLI, 'for the long form, with the AWS CLI');
    if (mark === 'at a terminal') {
      await signsIn(commands);
      return;
    }
    const printed = await paste(commands);
    if (shown !== undefined) expect(printed).toMatch(asShown(shown));
  });
});

describe('what the pages say beside them', () => {
  test('the settings that a person begins with are refused until the address is their own', () => {
    const read = () => readSettingsFile(directory, {});
    expect(read).toThrow(/you@example\.com/);
    const path = join(directory, 'settings.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('you@example.com', 'owner@blink-logout.dev'));
    expect(read()).toMatchObject({ schedule: 'cron(0 3 * * ? *)' });
  });

  test('the console’s test event checks', async () => {
    const [event = ''] = blocksOf(sectionOf('docs/recipes.md', 'The AWS console and CLI'), 'json');
    expect((await stack.invoke(JSON.parse(event))).result).toMatchObject({ kind: 'returned' });
  });

  test('of what import accepts: each example is read as what it is', () => {
    const section = sectionOf('docs/commands.md', 'What import accepts').replaceAll('…', '0');
    const forms = [...blocksOf(section, 'text'), ...blocksOf(section, 'json')].map((stored) => {
      const { form, tier, clientId, accountId } = parseStoredSession(stored);
      return { form, tier, clientId, accountId };
    });
    const found = { tier: 'e008', clientId: '1234567', accountId: 123456 };
    expect(forms).toEqual([
      { form: 'blink-tokens', ...found },
      { form: 'blink-tokens', ...found },
      { form: 'blinkpy', ...found },
      { form: 'homebridge', ...found },
      { form: 'blinkpy' },
    ]);
  });

  test('Home Assistant makes this request, and shows the problem’s title', async () => {
    const [yaml = ''] = blocksOf(sectionOf('docs/recipes.md', 'Home Assistant'), 'yaml');
    const requestSchema = v.object({ method: v.string(), content_type: v.string(), payload: v.string() });
    const { rest_command } = v.parse(
      v.object({ rest_command: v.object({ blink_logout: requestSchema }) }),
      parse(yaml, { customTags: [{ tag: '!secret', resolve: (name: string) => name }] }),
    );
    const { method, content_type, payload } = rest_command.blink_logout;
    const call = async (authorization: string) => {
      const headers = { authorization, 'content-type': content_type };
      const reply = await fetch(`${stack.httpApi.url}/logout`, { method, headers, body: payload });
      return { status: reply.status, text: await reply.text() };
    };
    expect((await call(stack.authorization)).status).toBe(200);
    const [, title = ''] = /regex_findall\('(.*?)'\)/.exec(yaml) ?? [];
    expect(new RegExp(title).exec((await call('Bearer x')).text)?.[1]).toBe('Missing or wrong credentials');
  });
});
