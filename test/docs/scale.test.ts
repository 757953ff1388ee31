import { readFileSync } from 'node:fs';
import type { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_WRITES_A_DAY } from '../../lambda/core/condition.ts';
import { SECRETS_MANAGER_WRITES_PER_SECOND, WRITES_OF_A_LOGOUT } from '../../lib/pace.ts';
import type { FinishedInvocation } from '../../local/lambda-process.ts';
import { type LocalSession, signIn } from '../../local/local-session.ts';
import { type LocalStack, startLocalStack } from '../../local/local-stack.ts';
import { runEventOf } from '../../local/run-event.ts';
import { assembly } from '../end-to-end/assembly.ts';
import { synthesize } from '../lib/synthesize.ts';

const PAGE = readFileSync(new URL('../../docs/scale.md', import.meta.url), 'utf8');

/** The page's tables: a row's label, and its other cells. */
function table(heading: string): ReadonlyMap<string, readonly string[]> {
  const [, section = ''] = PAGE.split(`## ${heading}\n`);
  const lines = /^\|.*\n\|[-:| ]+\n((?:\|.*\n)+)/m.exec(section)?.[1] ?? '';
  const rows = lines
    .trim()
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return new Map(rows.map(([label = '', ...cells]) => [label, cells]));
}

function figure(heading: string, label: string, column = 0): number {
  const cell = table(heading).get(label)?.[column] ?? `nothing of ${label}`;
  return Number(cell.replaceAll(',', ''));
}

const ACCOUNT = { email: 'a@example.com', password: 'p', tier: 'e008', accountId: 100_001, userId: 200_001 };

let stack: LocalStack;
let sessions = 0;

beforeAll(async () => {
  stack = await startLocalStack({ assembly: await assembly(), accounts: [ACCOUNT] });
  await stack.invoke({ session: session().name, action: 'check' });
});
afterAll(() => stack?.close());

function session(name = `s${sessions}`): LocalSession {
  sessions += 1;
  const made = { name, form: 'blinkpy', accountId: ACCOUNT.accountId, clientId: 300_000 + sessions } as const;
  signIn(stack, made);
  return made;
}

interface Counted {
  /** As the page's row has them: by action, all together, and Blink's. */
  readonly cells: readonly string[];
  readonly invocation: FinishedInvocation;
}

async function count(event: object): Promise<Counted> {
  const { secretsManager, blink } = stack;
  const [secretsBefore, blinkBefore] = [secretsManager.calls.length, blink.calls.length];
  const invocation = await stack.invoke(event);
  const calls = secretsManager.calls.slice(secretsBefore);
  const of = (action: string) => calls.filter((call) => call.action === action).length;
  const counts = [
    ...['GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'].map(of),
    calls.length,
    blink.calls.length - blinkBefore,
  ];
  return { cells: counts.map(String), invocation };
}

async function loggedOutLongAgo(): Promise<string> {
  const { name } = session();
  await stack.invoke({ session: name });
  stack.secretsManager.clock.advanceMs(60 * 60 * 1000);
  return name;
}

async function countCold(name: string): Promise<Counted> {
  await stack.lambda.kill();
  session(name);
  return await count({ session: name });
}

describe('the calls of a run are as counted:', () => {
  const counted = new Map<string, () => Promise<Counted>>([
    ['Logout of `default`, first run of a process', () => countCold('default')],
    ['Logout of another session, first run of a process', () => countCold('other')],
    ['Logout, later run of a process', () => count({ session: session().name })],
    [
      'First logout of a session that is a token alone',
      () => {
        const refreshToken = stack.blink.seedSession({ ...ACCOUNT, clientId: 400_000 });
        stack.secretsManager.secrets.create(
          'blink-logout/bare',
          JSON.stringify({ refresh_token: refreshToken }),
        );
        return count({ session: 'bare' });
      },
    ],
    ['Check', () => count({ session: session().name, action: 'check' })],
    [
      'Delivery repeated within five minutes',
      async () => {
        const { name } = session();
        await stack.invoke({ session: name });
        return count({ session: name });
      },
    ],
    [
      'Logged out long ago: the run in which Blink refuses the token',
      async () => count({ session: await loggedOutLongAgo() }),
    ],
    [
      'Logged out long ago: each run after that',
      async () => {
        const name = await loggedOutLongAgo();
        await stack.invoke({ session: name });
        return count({ session: name });
      },
    ],
  ]);

  // On a slow machine a run repeats prefetched requests.
  test.for([...counted])('%s', { retry: 2 }, async ([label, measure]) => {
    expect(table('What a run asks for').get(label)).toEqual((await measure()).cells);
  });

  test('nothing else is in the table', () => {
    expect([...table('What a run asks for').keys()]).toEqual([...counted.keys()]);
  });
});

describe('other counts of the page:', () => {
  test('metrics and bytes of the event, alarms and dashboards of the stack', async () => {
    const { invocation } = await count({ session: session().name });
    const sent = JSON.stringify(runEventOf(invocation)).match(/"Name":/g)?.length;
    const template = synthesize({ schedule: 'cron(0 3 * * ? *)' });
    expect(figure('What else a run costs', 'Metrics that a logout sends')).toBe(sent);
    expect(invocation.output[0]?.length).toBeLessThan(
      figure('What else a run costs', 'Bytes of its event, at most'),
    );
    expect(figure('What else a run costs', "Metrics that the stack's alarms look at")).toBe(
      metricsOfAlarms(template),
    );
    template.resourceCountIs(
      'AWS::CloudWatch::Dashboard',
      figure('What else a run costs', 'Dashboards of the stack'),
    );
    expect(figure('What else a run costs', 'Memory of the function, in GB') * 1024).toBe(
      stack.deployment.function.memoryMb,
    );
  });
});

/** AWS bills an alarm by these (Amazon CloudWatch Pricing, "Alarms"). */
function metricsOfAlarms(template: Template): number {
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
  const counts = alarms.map(({ Properties: { Metrics = [{ MetricStat: true }] } }) => {
    const queries: readonly { readonly MetricStat?: unknown }[] = Metrics;
    return queries.filter(({ MetricStat }) => MetricStat !== undefined).length;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

describe('the rates', () => {
  const asked = (column: number) =>
    figure('What a run asks for', 'Logout of `default`, first run of a process', column);
  const writes = asked(1) + asked(2);

  test('of which a deployment warns are from this page', () => {
    expect(writes).toBe(WRITES_OF_A_LOGOUT);
    expect(figure('Quotas', 'Writes to Secrets Manager, a second')).toBe(SECRETS_MANAGER_WRITES_PER_SECOND);
  });

  test('that the quotas allow follow from the counts', () => {
    const perSecond = figure('Quotas', 'Writes to Secrets Manager, a second') / writes;
    expect([...table('The pace')].map(([label, [cell]]) => [label, cell])).toEqual([
      ['Logouts a second', String(perSecond)],
      ['Seconds for 1,000 sessions', String(1_000 / perSecond)],
      ['Hours for 1,000,000 sessions', (1_000_000 / perSecond / 3600).toFixed(1)],
      ['Sessions in a night of eight hours', (perSecond * 8 * 3600).toLocaleString('en-US')],
      ['Logouts of one session in 24 hours', String(MAX_WRITES_A_DAY / asked(1))],
    ]);
  });
});

test('the README has the sums of a month', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const sums = table('A month').get('**Sum**')?.slice(0, 2);
  expect(sums).toHaveLength(2);
  expect(readme).toContain(`| **Sum** | ${sums?.join(' | ')} |`);
});
