import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { FAILURES } from '../../lambda/failure-codes.ts';
import { parseStoredSession } from '../../lambda/stored-session/parse-stored-session.ts';
import { signIn } from '../../lib/local/local-session.ts';
import { LOCAL_ACCOUNTS, LOCAL_SESSIONS } from '../../lib/local/local-sessions.ts';
import { type LocalStack, startLocalStack } from '../../lib/local/local-stack.ts';
import { settingsSchema } from '../../lib/settings.ts';
import { SETTING_DOCUMENTS } from '../lib/setting-documents.ts';
import { blocksOf, sectionOf } from './markdown.ts';

const session = LOCAL_SESSIONS.default;
let stack: LocalStack;

beforeAll(async () => {
  stack = await startLocalStack({ assembly: inject('assembly'), accounts: LOCAL_ACCOUNTS });
});
afterAll(() => stack?.close());
beforeEach(() => signIn(stack, session));

/** Runs a recipe as a person would paste it, with the two variables that the README asks for. */
async function paste(recipe: string): Promise<readonly unknown[]> {
  const { stdout } = await promisify(execFile)('bash', ['-euc', recipe], {
    env: {
      PATH: process.env['PATH'],
      WEBHOOK_URL: `${stack.httpApi.url}/logout`,
      WEBHOOK_KEY: stack.authorization.replace('Bearer ', ''),
    },
  });
  return stdout.split(/(?<=\})(?=\{)/).map((reply): unknown => JSON.parse(reply));
}

const LOGGED_OUT = { outcome: 'logged_out', session: session.name };

describe('a recipe of the README works as it stands', () => {
  test('curl', async () => {
    const [logout = '', check = ''] = blocksOf(sectionOf('README.md', 'curl'), 'sh').flatMap((block) =>
      block.trim().split('\n'),
    );
    expect(await paste(check)).toMatchObject([{ outcome: 'ready' }]);
    expect(await paste(logout)).toMatchObject([LOGGED_OUT]);
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
    });
    const { blink_logout } = v.parse(
      schema,
      parse(yaml.replace('!secret blink_logout', '"!secret blink_logout"')),
    ).rest_command;
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
  test('of the settings: each has its row, with its default and its description', () => {
    const defaults: Readonly<Record<string, unknown>> = v.getDefaults(settingsSchema);
    const rows = [...SETTING_DOCUMENTS].map(([name, { description }]) => {
      const value = defaults[name] === undefined ? 'none' : `\`${defaults[name]}\``;
      return `| \`${name}\` | ${value} | ${description} |`;
    });
    const table = sectionOf('README.md', 'Deploy it').match(/^\|.*$/gm) ?? [];
    expect(table.slice(2)).toEqual(rows);
  });

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
