import { InvokeCommand, type InvokeCommandInput, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { DurableExecutions } from '../../local/fleet/durable-executions.ts';
import type { InvocationResult } from '../../local/lambda-process.ts';
import type { LoopbackServer } from '../../local/loopback-server.ts';
import { startLambdaApi } from '../../local/start-lambda-api.ts';
import { FIXTURE_FUNCTION } from './fixture-function.ts';

/** Invoke as the AWS SDK and `aws lambda invoke` send it. The commands' tests have the fleet's executions. */

const NAME = 'blink-logout';
const FLEET = `${FIXTURE_FUNCTION.name}:live`;

let api: LoopbackServer;
let client: LambdaClient;
let events: unknown[];
let result: InvocationResult;

async function invoke(event: unknown) {
  events.push(event);
  return { result };
}

const newExecutions = () => new DurableExecutions({ fleet: FIXTURE_FUNCTION, overrides: {}, invoke });

beforeAll(async () => {
  api = await startLambdaApi({ functionName: NAME, executions: newExecutions(), invoke });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new LambdaClient({ endpoint: api.url, region: 'us-east-1', credentials });
});
afterAll(() => api.close());
beforeEach(() => {
  events = [];
  result = { kind: 'returned', payload: { outcome: 'logged_out' } };
});

async function send(input: Partial<InvokeCommandInput> = {}) {
  const { Payload, ...output } = await client.send(new InvokeCommand({ FunctionName: NAME, ...input }));
  return { ...output, payload: Payload?.transformToString() };
}

it('an event, or an empty object, is passed on, and answered with the result', async () => {
  expect(await send({ Payload: '{"session":"garden"}' })).toMatchObject({
    StatusCode: 200,
    payload: '{"outcome":"logged_out"}',
  });
  await send();
  expect(events).toEqual([{ session: 'garden' }, {}]);
});

it.each([
  { FunctionName: `${NAME}:$LATEST` },
  { FunctionName: `123456789012:function:${NAME}` },
  { FunctionName: `arn:aws:lambda:us-east-1:123456789012:function:${NAME}`, Qualifier: '$LATEST' },
])('the function is also found as %j', async (reference) => {
  expect(await send(reference)).toMatchObject({ StatusCode: 200 });
});

it('an error of the function is answered with 200', async () => {
  const error = { errorType: 'blink_timeout', errorMessage: 'late', trace: [] };
  result = { kind: 'failed', error };
  const payload = JSON.stringify(error);
  expect(await send()).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled', payload });
});

it.each<[string, Partial<InvokeCommandInput>, number, string]>([
  ['another name', { FunctionName: 'another' }, 404, 'ResourceNotFoundException'],
  ['the fleet without its alias', { FunctionName: 'fixture' }, 404, 'ResourceNotFoundException'],
  ['a synchronous fleet', { FunctionName: FLEET }, 400, 'InvalidParameterValueException'],
  ['an asynchronous logout', { InvocationType: 'Event' }, 400, 'InvalidParameterValueException'],
  ['a dry run', { InvocationType: 'DryRun' }, 400, 'InvalidParameterValueException'],
  ['a call for the log', { LogType: 'Tail' }, 400, 'InvalidParameterValueException'],
  ['an alias', { Qualifier: 'live' }, 404, 'ResourceNotFoundException'],
  ['no JSON', { Payload: '{' }, 400, 'InvalidRequestContentException'],
  ['no UTF-8', { Payload: Buffer.from('"\xff"', 'latin1') }, 400, 'InvalidRequestContentException'],
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

it('an execution that is started again with its input is the same; each fails whose process ends', async () => {
  const executions = newExecutions();
  const execution = executions.start('{}', 'once');
  expect(executions.start('{}', 'once')).toBe(execution);
  executions.close();
  const error = { errorMessage: 'the process of the fleet has ended' };
  expect(await execution.ended).toMatchObject({ kind: 'failed', error });
  expect(executions.all).toMatchObject([{ end: { kind: 'failed' } }]);
  const next = executions.start('{}');
  executions.close();
  expect(await next.ended, 'by a process of its own').toMatchObject({ kind: 'failed', error });
});
