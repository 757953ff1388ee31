import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SECRETS_MANAGER_WRITES_PER_SECOND, WRITES_OF_A_LOGOUT } from '../../lib/pace.ts';
import type { FinishedInvocation } from '../../local/lambda-process.ts';
import { signIn } from '../../local/local-session.ts';
import { type LocalStack, startLocalStack } from '../../local/local-stack.ts';
import { runEventOf } from '../../local/run-event.ts';
import { assembly } from '../end-to-end/assembly.ts';
import { tableOf } from './markdown.ts';

const table = (heading: string) => tableOf('docs/scale.md', heading);
const figure = (heading: string, label: string) => Number(table(heading).get(label)?.[0]);

const ACCOUNT = { email: 'a@example.com', password: 'p', tier: 'e008', accountId: 100_001, userId: 200_001 };

describe('the runs', () => {
  let stack: LocalStack;
  let sessions = 0;

  beforeEach(async () => {
    stack = await startLocalStack({ assembly: await assembly(), accounts: [ACCOUNT] });
  });
  afterEach(() => stack?.close());

  /** Signs a session in. */
  function session(name = `s${sessions}`): string {
    sessions += 1;
    signIn(stack, {
      name,
      form: 'blinkpy',
      accountId: ACCOUNT.accountId,
      clientId: 300_000 + sessions,
    });
    return name;
  }

  interface Counted {
    /** As the page's row has them: by action, all together, and Blink's. */
    readonly cells: readonly string[];
    readonly invocation: FinishedInvocation;
  }

  async function count(name: string, action?: 'check'): Promise<Counted> {
    const { secretsManager, blink } = stack;
    const [secretsBefore, blinkBefore] = [secretsManager.calls.length, blink.calls.length];
    const invocation = await stack.invoke({ session: name, ...(action && { action }) });
    const calls = secretsManager.calls.slice(secretsBefore);
    const of = (called: string) => calls.filter((call) => call.action === called).length;
    const counts = [
      ...['GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'].map(of),
      calls.length,
      blink.calls.length - blinkBefore,
    ];
    return { cells: counts.map(String), invocation };
  }

  // On a slow machine a run repeats prefetched requests. Each try has a stack of its own.
  test('the calls of each run are as counted, and the table has no others', { retry: 2 }, async () => {
    const later = session();
    const rows: readonly (readonly [string, () => Promise<Counted>])[] = [
      ['Logout of `default`, first run of a process', () => count(session('default'))],
      [
        'Logout of another session, first run of a process',
        async () => {
          await stack.lambda.kill();
          return count(session());
        },
      ],
      ['Logout, later run of a process', () => count(later)],
      [
        'First logout of a session that is a token alone',
        () => {
          const refreshToken = stack.blink.seedSession({ ...ACCOUNT, clientId: 400_000 });
          const text = JSON.stringify({ refresh_token: refreshToken });
          stack.secretsManager.secrets.create(`blink-logout/bare${sessions}`, text);
          return count(`bare${sessions}`);
        },
      ],
      ['Check', () => count(session(), 'check')],
      ['Delivery repeated within five minutes', () => count(later)],
      [
        'Logged out long ago: the run in which Blink refuses the token',
        () => {
          stack.secretsManager.clock.advanceMs(60 * 60 * 1000);
          return count(later);
        },
      ],
      ['Logged out long ago: each run after that', () => count(later)],
    ];
    const counted: (readonly [string, readonly string[]])[] = [];
    for (const [label, run] of rows) counted.push([label, (await run()).cells]);
    expect(counted).toEqual([...table('What a run asks for')]);

    const { invocation } = await count(session());
    const sent = JSON.stringify(runEventOf(invocation)).match(/"Name":/g)?.length;
    expect(figure('What else costs', 'Metrics that a logout sends')).toBe(sent);
    expect(figure('What else costs', 'Memory of the function, in GB')).toBe(
      stack.deployment.function.memoryMb / 1024,
    );
  });
});

test('the rates of which a deployment warns are from this page', () => {
  const [, puts, moves] =
    table('What a run asks for').get('Logout of `default`, first run of a process') ?? [];
  expect(Number(puts) + Number(moves)).toBe(WRITES_OF_A_LOGOUT);
  expect(figure('Quotas', 'Writes to Secrets Manager, a second')).toBe(SECRETS_MANAGER_WRITES_PER_SECOND);
});
