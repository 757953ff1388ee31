import {
  GetDurableExecutionCommand,
  GetDurableExecutionHistoryCommand,
  InvokeCommand,
  LambdaClient,
  ListDurableExecutionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { FleetExecution } from '../../../bin/session/fleet-execution.ts';
import { openTarget } from '../../../bin/session/target.ts';
import { localPorts } from '../../../local/local-ports.ts';
import { session, sessionForEachTest } from './session-under-test.ts';

const lambda = mockClient(LambdaClient);
afterAll(() => lambda.restore());

const RESULT = {
  tried: 4,
  loggedOut: 1,
  signedOut: ['hall'],
  failed: { session_invalid: ['attic'], session_unknown: ['lost-*'] },
  notTried: ['shed'],
  skipped: ['eu/garden'],
  seconds: 90,
};

sessionForEachTest();
beforeEach(() => {
  lambda.reset();
  const account = 'arn:aws:lambda:eu-central-1:111122223333';
  lambda
    .on(InvokeCommand)
    .resolves({ DurableExecutionArn: `${account}:function:fleet:1/durable-execution/x/y` });
  lambda.on(GetDurableExecutionHistoryCommand).resolves({});
  ends(RESULT);
});

function ends(result: object): void {
  lambda.on(GetDurableExecutionCommand).resolves({ Status: 'SUCCEEDED', Result: JSON.stringify(result) });
}

describe('an execution of the fleet', () => {
  it('is reported with the names of all sessions that are not logged out, and why', async () => {
    const { exitCode, stdout } = await session.run('logout --all');
    expect(exitCode).toBe(1);
    expect(stdout.split('\n').slice(0, 6)).toEqual([
      '1 of 5 sessions logged out, 1 signed out before, in 90 seconds.',
      '  session_invalid: attic',
      '  session_unknown: lost-*',
      '  not tried, because Blink does not answer: shed',
      '  skipped, because no session can have the name: eu/garden',
      '  signed out by an earlier logout: hall',
    ]);
  });

  it('is advised for what was left, but not for a pattern that no session matches', async () => {
    expect((await session.run('logout --all')).stdout).toContain('logout --all --failed');
    ends({ ...RESULT, notTried: [], failed: { session_unknown: ['lost-*'] } });
    expect((await session.run('logout --sessions lost-*')).stdout).not.toContain('--failed');
  });

  it('has nothing to do where there are no sessions', async () => {
    ends({ ...RESULT, tried: 0, loggedOut: 0, signedOut: [], failed: {}, notTried: [] });
    expect(await session.run('logout --all')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('No session to log out: there are none.\n  skipped'),
    });
  });

  it.each([
    [
      { Status: 'FAILED', Error: { ErrorMessage: 'the secrets cannot be listed' } },
      'the secrets cannot be listed',
    ],
    [{ Status: 'TIMED_OUT' }, 'it ended as TIMED_OUT'],
  ] as const)('that has no result is not finished: %o', async (end, words) => {
    lambda.on(GetDurableExecutionCommand).resolves(end);
    const { exitCode, stderr } = await session.run('logout --all');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      `The fleet did not finish: ${words}.\n  To look at it: aws lambda get-durable-execution --durable-execution-arn arn:`,
    );
    const { lambdaApi } = localPorts(session.port);
    const options = `--endpoint-url http://127.0.0.1:${lambdaApi} --region us-east-1 --no-sign-request\n`;
    expect(stderr.endsWith(options)).toBe(true);
  });

  it('takes what the last one left that has a result, which is listed among its children', async () => {
    lambda.on(ListDurableExecutionsByFunctionCommand).callsFake(({ Marker, Statuses }) => {
      expect(Statuses).toEqual(['SUCCEEDED']);
      return Marker === undefined
        ? { DurableExecutions: [{ DurableExecutionName: 'a-child' }], NextMarker: '2' }
        : { DurableExecutions: [{ DurableExecutionName: 'f-command-1', DurableExecutionArn: 'last' }] };
    });
    await session.run('logout --failed');
    const [invocation] = lambda.commandCalls(InvokeCommand);
    expect(invocation?.args[0].input.Payload).toBe('{"sessions":["attic","lost-*","shed"]}');
  });

  it('counts each session once, also after trials of single sessions, which are no shards', async () => {
    const histories: Record<string, string[]> = { a: ['s1'], b: ['s1', 's2'] };
    let calls = ['a'];
    lambda.on(GetDurableExecutionHistoryCommand).callsFake(({ DurableExecutionArn }) => ({
      Events: (histories[DurableExecutionArn] ?? calls).flatMap((Name) => [
        {
          EventType: 'ChainedInvokeStarted',
          ChainedInvokeStartedDetails: Name in histories ? { DurableExecutionArn: Name } : {},
        },
        { EventType: 'ChainedInvokeSucceeded', Name },
      ]),
    }));
    const target = await openTarget({ local: true }, { onSaveRetry: () => {}, show: () => {} });
    const execution = await FleetExecution.start(target, 'all');
    expect(await execution.read()).toMatchObject({ called: 1 });
    calls = ['a', 's8', 's9', 'b'];
    expect(await execution.read()).toMatchObject({ called: 2 });
    histories['b']?.push('s3');
    expect(await execution.read()).toMatchObject({ called: 3 });
  });
});
