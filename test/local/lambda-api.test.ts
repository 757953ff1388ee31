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

describe('the function', () => {
  it.each([NAME, `${NAME}:$LATEST`, PARTIAL_ARN, `${PARTIAL_ARN}:$LATEST`, ARN, `${ARN}:$LATEST`])(
    'is found as %s',
    async (FunctionName) => {
      for (const Qualifier of [undefined, '$LATEST']) {
        expect(await send({ FunctionName, Qualifier })).toMatchObject({
          StatusCode: 200,
          ExecutedVersion: '$LATEST',
          payload: '{"outcome":"logged_out"}',
        });
      }
    },
  );

  it.each([
    ['another name', { FunctionName: 'another' }, 'ResourceNotFoundException'],
    ['a version', { FunctionName: `${NAME}:1` }, 'ResourceNotFoundException'],
    ['two qualifiers', { FunctionName: `${ARN}:$LATEST`, Qualifier: '1' }, 'ResourceNotFoundException'],
    ['no name of a function', { FunctionName: 'blink logout' }, 'ResourceNotFoundException'],
    ['an alias', { Qualifier: 'live' }, 'ResourceNotFoundException'],
    [
      'another account',
      { FunctionName: ARN.replace('123456789012', '111122223333') },
      'ResourceNotFoundException',
    ],
    ['another Region', { FunctionName: ARN.replace('us-east-1', 'eu-west-1') }, 'ResourceNotFoundException'],
    ['the fleet without its alias', { FunctionName: 'blink-logout-fleet' }, 'ResourceNotFoundException'],
    ['an unknown type', { InvocationType: 'Later' }, 'ValidationException'],
    ['an unknown type of log', { LogType: 'Head' }, 'ValidationException'],
    ['a tenant', { TenantId: 'x' }, 'InvalidParameterValueException'],
    ['a durable execution', { DurableExecutionName: 'x' }, 'InvalidParameterValueException'],
    ['a client context', { ClientContext: 'e30=' }, 'InvalidParameterValueException'],
    ['no JSON', { Payload: '{' }, 'InvalidRequestContentException'],
    ['no UTF-8', { Payload: Buffer.from('"\xff"', 'latin1') }, 'InvalidRequestContentException'],
    ['a synchronous fleet', { FunctionName: FLEET }, 'InvalidParameterValueException'],
  ])('is not run for %s', async (_what, input, name) => {
    const answered = send(input as Partial<InvokeCommandInput>);
    await expect(answered).rejects.toMatchObject({
      name,
      message: expect.stringMatching(/\w/),
      $metadata: { httpStatusCode: name === 'ResourceNotFoundException' ? 404 : 400 },
    });
    expect(events).toEqual([]);
  });

  it('is the only one, and Invoke the only way to it', async () => {
    const response = await fetch(`${api.url}/2014-11-13/functions/${NAME}/invoke-async`, { method: 'POST' });
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([
      404,
      'UnknownOperationException',
    ]);
  });
});

describe('the payload', () => {
  it('is an empty object where there is none', async () => {
    await send();
    expect(events).toEqual([{}]);
  });

  it.each([
    ['RequestResponse', 6 * 1024 * 1024],
    ['Event', 1024 * 1024],
  ] as const)('of %s has at most %i bytes', async (InvocationType, bytes) => {
    const json = (length: number) => JSON.stringify('x'.repeat(length - 2));
    await send({ InvocationType, Payload: json(bytes) });
    expect(events).toHaveLength(1);
    await expect(send({ InvocationType, Payload: json(bytes + 1) })).rejects.toMatchObject({
      name: 'RequestTooLargeException',
      $metadata: { httpStatusCode: 413 },
    });
    expect(events).toHaveLength(1);
  });
});

describe('a synchronous invocation', () => {
  it('answers an error of the function with 200', async () => {
    results = [FAILED];
    expect(await send({ InvocationType: 'RequestResponse' })).toMatchObject({
      StatusCode: 200,
      FunctionError: 'Unhandled',
      payload: '{"errorType":"blink_timeout","errorMessage":"late","trace":[]}',
    });
    expect(events).toHaveLength(1);
  });

  it('has the end of the log if it is asked for', async () => {
    const { LogResult = '' } = await send({ LogType: 'Tail' });
    expect(Buffer.from(LogResult, 'base64').toString()).toBe('one\ntwo\n');
    expect(await send({ LogType: 'None' })).not.toHaveProperty('LogResult');
  });
});

it('a dry run is answered with 204, and runs nothing', async () => {
  expect(await send({ InvocationType: 'DryRun', Payload: '{}' })).toMatchObject({
    StatusCode: 204,
    payload: undefined,
  });
  expect(events).toEqual([]);
});

describe('an asynchronous invocation', () => {
  it('is answered with 202 before its run ends', async () => {
    const running = Promise.withResolvers<InvocationResult>();
    results = [running.promise];
    const sent = await send({ InvocationType: 'Event', Payload: '{"session":"garden"}' });
    expect(sent).toMatchObject({ StatusCode: 202, payload: undefined });
    expect(events).toEqual([{ session: 'garden' }]);
    running.resolve(DONE);
  });

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

  it('is not run again after the end of the local run', async () => {
    const running = Promise.withResolvers<InvocationResult>();
    results = [running.promise];
    await send({ InvocationType: 'Event' });
    await api.close();
    running.resolve(FAILED);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(events).toHaveLength(1);
  });
});
