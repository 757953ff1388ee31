import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FAILURES, type FailureCode } from '../../../lambda/core/failure-codes.ts';
import { buildFunctions } from '../../../lib/function-bundle.ts';
import { DurableExecutions } from '../../../local/fleet/durable-executions.ts';
import { type SnsStandIn, startSns } from '../../../local/fleet/start-sns.ts';
import { localPorts } from '../../../local/local-ports.ts';
import type { LoopbackServer } from '../../../local/loopback-server.ts';
import { startLambdaApi } from '../../../local/start-lambda-api.ts';
import { CTRL_C, sitDown } from './person.ts';
import { hurry, session, startSession } from './session-under-test.ts';

let functions: string;
let executions: DurableExecutions;
let sns: SnsStandIn;
let lambdaApi: LoopbackServer;
/** The sessions that were called. The others of the fleet's answers are successes. */
let called: string[];
let failing: ReadonlyMap<string, FailureCode>;
let onCall: () => Promise<void>;

beforeAll(async () => {
  functions = await mkdtemp(join(tmpdir(), 'blink-logout-fleet-'));
  await buildFunctions(functions);
  await startSession();
  sns = await startSns();
  const ports = localPorts(session.port);
  const fleet = {
    name: 'blink-logout-fleet',
    assetDirectory: join(functions, 'fleet'),
    handler: 'handler.handler',
    runtime: 'nodejs24.x',
    environment: {
      BLINK_LOGOUT_NAME: 'blink-logout',
      TOPIC_ARN: 'arn:aws:sns:us-east-1:123456789012:blink-logout',
      MAX_CONCURRENCY: '10',
    },
    timeoutSeconds: 300,
    memoryMb: 1024,
  } as const;
  const overrides = {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${ports.secretsManager}`,
    AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${ports.lambdaApi}`,
    AWS_ENDPOINT_URL_SNS: sns.url,
  };
  executions = new DurableExecutions({ fleet, overrides, invoke });
  lambdaApi = await startLambdaApi({
    functionName: 'blink-logout',
    invoke,
    executions,
    port: ports.lambdaApi,
  });
});
afterAll(async () => {
  await executions.close();
  await lambdaApi.close();
  await sns.close();
  await session.close();
  await rm(functions, { recursive: true });
});

beforeEach(() => {
  hurry();
  called = [];
  failing = new Map();
  onCall = async () => {};
  const { secrets } = session.secretsManager;
  for (const { name } of secrets.all())
    if (name.startsWith('blink-logout/')) secrets.deleteWithoutRecovery(name);
});

/** The logout function. */
async function invoke(event: unknown) {
  const { session: name } = (event as { fleet: { session: string } }).fleet;
  await onCall();
  called.push(name);
  const code = failing.get(name);
  const payload =
    code === undefined ? { outcome: 'logged_out' } : { code, retryable: FAILURES[code].retryable };
  return { result: { kind: 'returned', payload } as const };
}

function storeSessions(...names: readonly string[]): void {
  for (const name of names) session.store('{"refresh_token":"x"}', name);
}

describe('logout --all', () => {
  it('--failed without an earlier execution has nothing to do', async () => {
    storeSessions('attic');
    const { exitCode, stdout } = await session.run('logout --all --failed');
    expect(exitCode).toBe(0);
    expect(stdout).toBe('No session to log out: the last execution left none, or there was none.\n');
    expect(called).toEqual([]);
    expect(sns.mails).toEqual([]);
  });

  it('starts the fleet and follows it to its end', async () => {
    storeSessions('attic', 'cellar', 'garden');
    session.store('{}', 'eu/garden');
    const { exitCode, stdout, stderr } = await session.run('logout --all --json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      executionArn: expect.stringMatching(
        /^arn:aws:lambda:us-east-1:\d{12}:function:blink-logout-fleet:1\/durable-execution\/blink-logout-fleet-command-/,
      ),
      tried: 3,
      loggedOut: 3,
      signedOut: [],
      failed: {},
      notTried: [],
      skipped: ['eu/garden'],
      seconds: expect.any(Number),
    });
    expect(stderr).toBe('');
    expect(called.toSorted()).toEqual(['attic', 'cellar', 'garden']);
    expect(sns.mails).toEqual([]);
  });

  it('ends with what was left, by code, and one e-mail; --failed takes just those, also a pattern', async () => {
    storeSessions('attic', 'cellar', 'garden');
    failing = new Map([
      ['attic', 'reauthentication_required'],
      ['garden', 'session_invalid'],
    ]);
    const { exitCode, stdout } = await session.run('logout --sessions * lost-*');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^1 of 4 sessions logged out, in \d+ seconds?\.$/m);
    expect(stdout).toContain(
      '  reauthentication_required: attic\n  session_invalid: garden\n  session_unknown: lost-*\n',
    );
    expect(sns.mails.map(({ subject }) => subject)).toEqual(['blink-logout: 3 sessions not logged out']);
    failing = new Map();
    called = [];
    storeSessions('lost-1');
    expect(stdout).toContain('--failed');
    const again = await session.run('logout --all --failed');
    expect(again).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('3 of 3 sessions logged out'),
    });
    expect(called.toSorted()).toEqual(['attic', 'garden', 'lost-1']);
  });

  it('takes names and patterns, with commas or spaces between them', async () => {
    storeSessions('tenant-1', 'tenant-2', 'garden');
    const many = Array.from({ length: 101 }, (_, n) => `porch-${n}`);
    const { exitCode, stdout } = await session.run(`logout --sessions tenant-* shed,\thall ${many}`);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('105 of 105 sessions logged out');
    expect(called.toSorted()).toEqual(['hall', ...many, 'shed', 'tenant-1', 'tenant-2'].toSorted());
  });

  it('shows how far it is; on a Ctrl-C, leaves the fleet running and says how to look at it', async () => {
    storeSessions('attic', 'cellar');
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const held = [first, second];
    onCall = () => held.shift()?.promise ?? Promise.resolve();
    const person = sitDown(process.execPath, [
      'bin/session.ts',
      ...['logout', '--all', '--local', '--port', String(session.port)],
    ]);
    await vi.waitUntil(() => held.length === 0, 10_000);
    await person.sees('Logging out: 0 sessions called');
    first.resolve();
    await person.sees('Logging out: 1 sessions called');
    person.types(CTRL_C);
    await person.sees('Interrupted. The fleet continues without this command.');
    await person.sees('aws lambda get-durable-execution --durable-execution-arn');
    expect(await person.exitCode()).toBe(130);
    second.resolve();
    const [execution] = executions.all.filter(({ name }) => name.includes('-command-'));
    expect(await execution?.ended).toMatchObject({ payload: { loggedOut: 2 } });
  });

  it('says what to do if the stack has no fleet', async () => {
    const { exitCode, stderr } = await session.run('logout --all --stack garden');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/AWS says: .*leave --stack out/s);
  });

  it.each([
    ['logout garden --all', '--all does not accept the name of a session; --sessions does.'],
    ['logout --all --client-id 7', 'Option --all cannot be used with option --client-id.'],
    ['logout --failed --yes', 'cannot be used with option --yes.'],
    ['logout garden --failed', '--all does not accept the name of a session'],
    ['logout --failed --sessions garden', 'Option --failed cannot be used with option --sessions.'],
    ['logout --all --sessions a Garden', '--sessions expects names and patterns'],
    ['check --all', 'Unknown option --all.'],
  ])('%s is refused', async (command, words) => {
    const { exitCode, stderr } = await session.run(command);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
    expect(called).toEqual([]);
  });
});

it('a schedule’s event that comes again with other sessions starts nothing, and does not fail', async () => {
  storeSessions('attic', 'cellar');
  const deliver = (sessions: readonly string[]) =>
    executions.start(JSON.stringify({ sessions, scheduledAt: '2026-01-01T02:00:00Z' })).ended;
  const started = { kind: 'returned', payload: { started: 'blink-logout-fleet-scheduled-20260101T020000Z' } };
  expect(await deliver(['attic'])).toEqual(started);
  expect(await deliver(['cellar'])).toEqual(started);
  const scheduled = executions.all.filter(({ name }) => name.includes('-scheduled-'));
  expect(scheduled.map(({ input }) => input)).toEqual(['{"sessions":["attic"]}']);
  await scheduled[0]?.ended;
  expect(called).toEqual(['attic']);
});
