import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startLoopbackServer } from '../../../local/loopback-server.ts';
import { LOCAL_STATE_MACHINE_ARN, refuse } from '../../../local/step-functions/start-step-functions.ts';
import { CTRL_C, sitDown } from './person.ts';
import { type SessionUnderTest, startSessionUnderTest } from './session-under-test.ts';

let session: SessionUnderTest;

beforeEach(async () => {
  session = await startSessionUnderTest();
});
afterEach(() => session.close());

function storeSessions(...names: readonly string[]): void {
  for (const name of names) session.store('{"refresh_token":"x"}', name);
}

function personRuns(...words: readonly string[]) {
  const local = ['--local', '--port', String(session.port)];
  return sitDown(process.execPath, ['bin/session.ts', ...words, ...local]);
}

describe('--all', () => {
  it.each(['logout', 'check'])('%s starts the state machine and follows it to its end', async (action) => {
    storeSessions('attic', 'cellar', 'garden');
    const invoked: string[] = [];
    session.fleet.onInvoke = async (...of) => {
      invoked.push(of.join(' '));
      return undefined;
    };
    const { exitCode, stdout } = await session.run(`${action} --all --json`);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      action,
      executionArn: expect.stringMatching(
        /^arn:aws:states:us-east-1:\d{12}:execution:local:session-command-/,
      ),
      status: 'SUCCEEDED',
      total: 3,
      succeeded: 3,
      failed: 0,
      leftOver: 0,
      failures: [],
    });
    expect(invoked.toSorted()).toEqual([`attic ${action}`, `cellar ${action}`, `garden ${action}`]);
  });

  it('ends with a table of all sessions that failed, over several pages', async () => {
    const names = Array.from({ length: 120 }, (_, n) => `s${String(n).padStart(3, '0')}`);
    storeSessions(...names);
    session.fleet.onInvoke = async (name) => (name < 's060' ? 'reauthentication_required' : undefined);
    const { exitCode, stdout } = await session.run('logout --all');
    expect(exitCode).toBe(1);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('60 of 120 sessions are logged out, 60 failed.');
    expect(lines.slice(1, 61)).toEqual(
      names.slice(0, 60).map((name) => `  ${name}  reauthentication_required`),
    );
    expect(stdout).toContain('docs/runbook.md has a section for each code.');
  });

  it('reports that an execution was stopped, and how many sessions are left over', async () => {
    storeSessions('attic', 'cellar', 'garden', 'porch');
    session.fleet.onInvoke = async (name) => {
      if (name < 'garden') return undefined;
      session.fleet.executions.stopAll();
      return new Promise(() => {});
    };
    const { exitCode, stdout } = await session.run('logout --all');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^[12] of 4 sessions are logged out, 0 failed, [23] left over\./);
    expect(stdout).toContain('The execution was stopped.');
    expect(stdout).toContain('To try again: bin/blink-logout logout --all --local');
  });

  it('starts one execution, though the answer to the start was lost', async () => {
    storeSessions('attic');
    session.fleet.faults.add({ on: 'StartExecution', at: 'after', effect: { do: 'destroy' }, times: 1 });
    const invoked: string[] = [];
    session.fleet.onInvoke = async (name) => {
      await vi.waitUntil(
        () => session.fleet.calls.filter((action) => action === 'StartExecution').length > 1,
      );
      invoked.push(name);
      return undefined;
    };
    expect(await session.run('logout --all')).toMatchObject({ exitCode: 0 });
    expect(invoked).toEqual(['attic']);
  });

  it.each([
    ['logout garden --all', '--all does not accept the name of a session.'],
    ['logout --all --client-id 1', '--all accepts only'],
    ['logout --all --yes', '--all accepts only'],
    ['check garden --all', '--all does not accept the name of a session.'],
  ])('%s exits with 2 and starts nothing', async (line, words) => {
    const { exitCode, stderr } = await session.run(line);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(words)]);
    expect(session.fleet.calls).toEqual([]);
  });

  it('shows a person how far it is, and leaves the execution running on Ctrl-C', async () => {
    storeSessions('attic', 'cellar', 'garden', 'porch');
    const stopped = new AbortController();
    session.fleet.onInvoke = async (name) => {
      if (name === 'attic') return undefined;
      if (name === 'cellar') return 'blink_rejected';
      await once(stopped.signal, 'abort');
      return undefined;
    };
    const person = personRuns('logout', '--all');
    await person.sees('██████████░░░░░░░░░░ 1 done, 1 failed, 2 to come, ');
    person.types(CTRL_C);
    await person.sees('Interrupted. The execution continues without this command.');
    await person.sees('To look at it: aws stepfunctions describe-execution --execution-arn arn:aws:states:');
    await person.sees('To stop it: aws stepfunctions stop-execution --execution-arn arn:aws:states:');
    expect(await person.exitCode()).toBe(130);
    const [arn = ''] = /arn:aws:states:\S+:execution:\S+/.exec(person.shown()) ?? [];
    expect(session.fleet.executions.find(arn).end).toBeUndefined();
    stopped.abort();
    await vi.waitUntil(() => session.fleet.executions.find(arn).end !== undefined);
  });

  it('reports that the local run must be started', async () => {
    await session.fleet.close();
    expect(await session.run('check --all')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('npm start -- --serve --port'),
    });
  });
});

describe('--all at AWS', () => {
  let cloudFormation: Awaited<ReturnType<typeof startLoopbackServer>>;
  let answer: { status: number; body: string };

  beforeEach(async () => {
    cloudFormation = await startLoopbackServer({}, async () => ({
      answer: { ...answer, headers: { 'content-type': 'text/xml' } },
    }));
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIACANARY');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'canary-secret-key');
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', session.secretsManager.url);
    vi.stubEnv('AWS_ENDPOINT_URL_SFN', session.fleet.url);
    vi.stubEnv('AWS_ENDPOINT_URL_CLOUDFORMATION', cloudFormation.url);
    answer = described(
      `<member><OutputKey>StateMachineArn</OutputKey><OutputValue>${LOCAL_STATE_MACHINE_ARN}</OutputValue></member>`,
    );
  });
  afterEach(() => cloudFormation.close());

  it('finds the state machine in the outputs of the stack', async () => {
    storeSessions('attic');
    expect(await session.runAtAws('logout --all')).toMatchObject({
      exitCode: 0,
      stdout: '1 of 1 sessions are logged out, 0 failed.\n',
    });
  });

  it('reports that the stack was deployed by an older version', async () => {
    answer = described('');
    expect(await session.runAtAws('logout --all')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/blink-logout has no state machine\.[\s\S]*npm run deploy/),
    });
  });

  it('reports that there is no such stack here', async () => {
    answer = refused('ValidationError', 'Stack with id blink-logout-house does not exist');
    expect(await session.runAtAws('logout --all --stack house')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(
        'no stack named blink-logout-house in this account and Region (eu-central-1)',
      ),
    });
  });

  it('reports that the state machine was deleted', async () => {
    session.fleet.faults.before('StartExecution', refuse('StateMachineDoesNotExist'));
    expect(await session.runAtAws('logout --all')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('was deleted'),
    });
  });
});

/** CloudFormation's query protocol (AWS CloudFormation API Reference, DescribeStacks). */
function described(outputs: string) {
  const stack = `<StackName>blink-logout</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime><Outputs>${outputs}</Outputs>`;
  return {
    status: 200,
    body: `<DescribeStacksResponse><DescribeStacksResult><Stacks><member>${stack}</member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
  };
}

function refused(code: string, message: string) {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status: 400, body: `<ErrorResponse>${error}</ErrorResponse>` };
}
