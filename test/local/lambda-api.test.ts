import { InvokeCommand, type InvokeCommandInput, LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DurableExecutions } from '../../local/fleet/durable-executions.ts';
import type { FinishedInvocation, InvocationResult } from '../../local/lambda-process.ts';
import type { LoopbackServer } from '../../local/loopback-server.ts';
import { startLambdaApi } from '../../local/start-lambda-api.ts';
import { FIXTURE_FUNCTION } from './fixture-function.ts';

/** Invoke as the AWS SDK and `aws lambda invoke` send it, and what Lambda answers (AWS Lambda API Reference). */

const NAME = 'blink-logout';
const FLEET = 'blink-logout-fleet:live';
const PARTIAL_ARN = `123456789012:function:${NAME}`;
const ARN = `arn:aws:lambda:us-east-1:${PARTIAL_ARN}`;
const DONE: InvocationResult = { kind: 'returned', payload: { outcome: 'logged_out' } };
const FAILED: InvocationResult = {
  kind: 'failed',
  error: { errorType: 'blink_timeout', errorMessage: 'late', trace: [] },
};

let api: LoopbackServer;
let client: LambdaClient;
let events: unknown[];
/** What the next runs end with; after them, `DONE`. */
let results: (InvocationResult | Promise<InvocationResult>)[];

async function invoke(event: unknown): Promise<FinishedInvocation> {
  events.push(event);
  const result = (await results.shift()) ?? DONE;
  return { requestId: 'r', event, start: 'warm', initMs: 0, durationMs: 1, result, output: ['one', 'two'] };
}

beforeEach(async () => {
  events = [];
  results = [];
  const executions = new DurableExecutions({ fleet: FIXTURE_FUNCTION, overrides: {}, invoke });
  api = await startLambdaApi({
    functionName: NAME,
    fleetFunction: FLEET,
    executions,
    invoke,
    retryAfterMs: [1, 1],
  });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new LambdaClient({ endpoint: api.url, region: 'us-east-1', credentials });
});
afterEach(() => api.close());

async function send(input: Partial<InvokeCommandInput> = {}) {
  const { $metadata, Payload, ...output } = await client.send(
    new InvokeCommand({ FunctionName: NAME, ...input }),
  );
  return { ...output, payload: Payload?.transformToString() };
}

const json = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2));
const MB = 1024 * 1024;

it.each<[string, Partial<InvokeCommandInput>, object, unknown[]]>([
  [
    'its name',
    {},
    { StatusCode: 200, ExecutedVersion: '$LATEST', payload: '{"outcome":"logged_out"}' },
    [{}],
  ],
  ['its name and $LATEST', { FunctionName: `${NAME}:$LATEST` }, { StatusCode: 200 }, [{}]],
  ['its name, $LATEST beside it', { Qualifier: '$LATEST' }, { StatusCode: 200 }, [{}]],
  ['its partial ARN', { FunctionName: PARTIAL_ARN }, { StatusCode: 200 }, [{}]],
  ['its ARN', { FunctionName: ARN }, { StatusCode: 200 }, [{}]],
  [
    'its ARN and $LATEST',
    { FunctionName: `${ARN}:$LATEST`, Qualifier: '$LATEST' },
    { StatusCode: 200 },
    [{}],
  ],
  ['an event', { Payload: '{"session":"garden"}' }, { StatusCode: 200 }, [{ session: 'garden' }]],
  ['a dry run', { InvocationType: 'DryRun', Payload: '{}' }, { StatusCode: 204, payload: undefined }, []],
  ['6 MB', { Payload: json(6 * MB) }, { StatusCode: 200 }, [expect.anything()]],
  [
    '1 MB, asynchronously',
    { InvocationType: 'Event', Payload: json(MB) },
    { StatusCode: 202 },
    [expect.anything()],
  ],
])('an invocation by %s is answered as Lambda does', async (_what, input, answer, ran) => {
  expect(await send(input)).toMatchObject(answer);
  expect(events).toEqual(ran);
});

it.each<[string, Partial<InvokeCommandInput>, number, string]>([
  ['another name', { FunctionName: 'another' }, 404, 'ResourceNotFoundException'],
  ['no name', { FunctionName: 'blink logout' }, 404, 'ResourceNotFoundException'],
  ['a version', { FunctionName: `${NAME}:1` }, 404, 'ResourceNotFoundException'],
  ['an alias', { Qualifier: 'live' }, 404, 'ResourceNotFoundException'],
  ['two qualifiers', { FunctionName: `${ARN}:$LATEST`, Qualifier: '1' }, 404, 'ResourceNotFoundException'],
  [
    'another account',
    { FunctionName: ARN.replace('123456789012', '111122223333') },
    404,
    'ResourceNotFoundException',
  ],
  [
    'another Region',
    { FunctionName: ARN.replace('us-east-1', 'eu-west-1') },
    404,
    'ResourceNotFoundException',
  ],
  ['the fleet without its alias', { FunctionName: 'blink-logout-fleet' }, 404, 'ResourceNotFoundException'],
  ['a synchronous fleet', { FunctionName: FLEET }, 400, 'InvalidParameterValueException'],
  ['an unknown type', { InvocationType: 'Later' as 'Event' }, 400, 'ValidationException'],
  ['an unknown type of log', { LogType: 'Head' as 'Tail' }, 400, 'ValidationException'],
  ['a tenant', { TenantId: 'x' }, 400, 'InvalidParameterValueException'],
  ['a durable execution', { DurableExecutionName: 'x' }, 400, 'InvalidParameterValueException'],
  ['a client context', { ClientContext: 'e30=' }, 400, 'InvalidParameterValueException'],
  ['no JSON', { Payload: '{' }, 400, 'InvalidRequestContentException'],
  ['no UTF-8', { Payload: Buffer.from('"\xff"', 'latin1') }, 400, 'InvalidRequestContentException'],
  ['more than 6 MB', { Payload: json(6 * MB + 1) }, 413, 'RequestTooLargeException'],
  [
    'more than 1 MB, asynchronously',
    { InvocationType: 'Event', Payload: json(MB + 1) },
    413,
    'RequestTooLargeException',
  ],
])('an invocation by %s runs nothing', async (_what, input, httpStatusCode, name) => {
  const refusal = { name, message: expect.stringMatching(/\w/), $metadata: { httpStatusCode } };
  await expect(send(input)).rejects.toMatchObject(refusal);
  expect(events).toEqual([]);
});

it('another operation is refused', async () => {
  const response = await fetch(`${api.url}/2014-11-13/functions/${NAME}/invoke-async`, { method: 'POST' });
  const errorType = response.headers.get('x-amzn-errortype');
  expect([response.status, errorType]).toEqual([404, 'UnknownOperationException']);
});

it('an error of the function is answered with 200, and the end of the log if it is asked for', async () => {
  results = [FAILED];
  const { LogResult = '', ...failed } = await send({ LogType: 'Tail' });
  expect(failed).toMatchObject({
    StatusCode: 200,
    FunctionError: 'Unhandled',
    payload: '{"errorType":"blink_timeout","errorMessage":"late","trace":[]}',
  });
  expect(Buffer.from(LogResult, 'base64').toString()).toBe('one\ntwo\n');
  expect(await send({ LogType: 'None' })).not.toHaveProperty('LogResult');
});

describe('an asynchronous invocation', () => {
  it.each([
    ['once, if it returns', [], 1],
    ['again after an error', [FAILED], 2],
    ['three times at most', [FAILED, FAILED, FAILED, FAILED], 3],
  ])('is run %s', async (_what, ends, runs) => {
    results = [...ends];
    await send({ InvocationType: 'Event' });
    await vi.waitFor(() => expect(events).toHaveLength(runs));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(events).toHaveLength(runs);
  });

  it('is answered before its run ends, and not run again after the end of the local run', async () => {
    const running = Promise.withResolvers<InvocationResult>();
    results = [running.promise];
    expect(await send({ InvocationType: 'Event' })).toMatchObject({ StatusCode: 202, payload: undefined });
    await api.close();
    running.resolve(FAILED);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(events).toHaveLength(1);
  });
});

it('an execution fails if the process of the fleet ends', async () => {
  const executions = new DurableExecutions({ fleet: FIXTURE_FUNCTION, overrides: {}, invoke });
  const { ended } = executions.start('{}');
  await executions.close();
  expect(await ended).toEqual({ error: 'the process of the fleet has ended' });
  expect(executions.all).toMatchObject([{ end: { error: expect.any(String) } }]);
});
