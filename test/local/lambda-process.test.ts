import { homedir } from 'node:os';
import { afterEach, expect, test, vi } from 'vitest';
import { LambdaProcess } from '../../local/lambda-process.ts';
import { FIXTURE_FUNCTION } from './fixture-function.ts';

const started: LambdaProcess[] = [];

function start(
  changes: Partial<typeof FIXTURE_FUNCTION> = {},
  overrides: Record<string, string> = {},
): LambdaProcess {
  const lambdaProcess = new LambdaProcess({ ...FIXTURE_FUNCTION, ...changes }, overrides);
  started.push(lambdaProcess);
  return lambdaProcess;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((lambdaProcess) => lambdaProcess.kill()));
});

test('the first invocation is a cold start, and later ones find the module as it was left', async () => {
  const lambdaProcess = start();
  const first = await lambdaProcess.invoke({ do: 'count' });
  expect(first).toMatchObject({ start: 'cold', result: { kind: 'returned', payload: 1 } });
  expect(first.initMs).toBeGreaterThan(0);
  const second = await lambdaProcess.invoke({ do: 'count' });
  expect(second).toMatchObject({ start: 'warm', initMs: 0, result: { kind: 'returned', payload: 2 } });
  expect(second.requestId).not.toBe(first.requestId);
});

test('the environment is that of the template, the overrides and the platform, and nothing of this machine', async () => {
  vi.stubEnv('AWS_PROFILE', 'developer');
  vi.stubEnv('HTTPS_PROXY', 'http://proxy.invalid');
  const { result } = await start({}, { SHAPE: 'square' }).invoke({ do: 'environment' });
  vi.unstubAllEnvs();
  expect(result).toMatchObject({
    kind: 'returned',
    payload: {
      COLOUR: 'blue',
      SHAPE: 'square',
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'fixture',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_LOG_FORMAT: 'JSON',
      LAMBDA_TASK_ROOT: FIXTURE_FUNCTION.assetDirectory,
      TZ: ':UTC',
    },
  });
  if (result.kind !== 'returned') return;
  expect(result.payload).not.toHaveProperty('AWS_PROFILE');
  expect(result.payload).not.toHaveProperty('HTTPS_PROXY');
  expect(result.payload).not.toMatchObject({ HOME: homedir() });
});

test('the context has the request, the function and the time that is left', async () => {
  const { requestId, result } = await start().invoke({ do: 'context' });
  expect(result).toMatchObject({
    payload: {
      awsRequestId: requestId,
      functionName: 'fixture',
      memoryLimitInMB: '256',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:fixture',
      cwd: FIXTURE_FUNCTION.assetDirectory,
      remainingMs: expect.toSatisfy((ms: number) => ms > 1000 && ms <= 3000),
    },
  });
});

test('events and payloads are what JSON makes of them', async () => {
  const lambdaProcess = start();
  const echoed = await lambdaProcess.invoke({ do: 'echo', at: new Date(0), left: undefined });
  expect(echoed.result).toEqual({
    kind: 'returned',
    payload: { do: 'echo', at: '1970-01-01T00:00:00.000Z' },
  });
  const returned = await lambdaProcess.invoke({ do: 'return' });
  expect(returned.result).toEqual({ kind: 'returned', payload: { date: '1970-01-01T00:00:00.000Z' } });
  expect((await lambdaProcess.invoke({})).result).toEqual({ kind: 'returned', payload: null });
});

test("a thrown error is returned in the platform's form, and logged with all its fields", async () => {
  const lambdaProcess = start();
  const { result, output, requestId } = await lambdaProcess.invoke({
    do: 'throw',
    name: 'session_busy',
    message: 'later',
  });
  expect(result).toEqual({
    kind: 'failed',
    error: {
      errorType: 'session_busy',
      errorMessage: 'later',
      trace: expect.arrayContaining([expect.stringContaining('index.cjs')]),
    },
  });
  expect(JSON.parse(output.at(-1) ?? '')).toMatchObject({
    level: 'ERROR',
    requestId,
    message: { errorType: 'Error', errorMessage: 'later', name: 'session_busy', code: 'session_busy' },
  });
  expect(lambdaProcess.alive).toBe(true);
});

test.each([
  [
    'a thrown text',
    { do: 'throw text', message: 'no' },
    { errorType: 'string', errorMessage: 'no', trace: [] },
  ],
  [
    'a payload that is not JSON',
    { do: 'return a circle' },
    { errorType: 'Error', errorMessage: 'Unable to stringify response body' },
  ],
])('%s is a failure, after which the process goes on', async (_what, event, error) => {
  const lambdaProcess = start();
  expect((await lambdaProcess.invoke(event)).result).toMatchObject({ kind: 'failed', error });
  expect((await lambdaProcess.invoke({ do: 'count' })).result).toEqual({ kind: 'returned', payload: 2 });
});

test('what is printed goes to the invocation that printed it, to the last byte', async () => {
  const lambdaProcess = start();
  expect((await lambdaProcess.invoke({ do: 'print', text: 'one' })).output.toSorted()).toEqual([
    'err one',
    'loading',
    'out one',
  ]);
  expect((await lambdaProcess.invoke({ do: 'print', text: 'two' })).output.toSorted()).toEqual([
    'err two',
    'out two',
  ]);
  expect((await lambdaProcess.invoke({ do: 'print much' })).output).toEqual(['x'.repeat(300_000)]);
});

test('an invocation that overruns the timeout is ended with the process', async () => {
  const lambdaProcess = start({ timeoutSeconds: 0.1 });
  const { result, output, requestId } = await lambdaProcess.invoke({ do: 'wait', ms: 60_000 });
  expect(result).toMatchObject({
    kind: 'failed',
    error: {
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${requestId} Error: Task timed out after 0.10 seconds`,
    },
  });
  expect(output).toContain('waiting');
  expect(lambdaProcess.alive).toBe(false);
});

test.each([
  [0, 'Runtime exited without providing a reason'],
  [7, 'Runtime exited with error: exit status 7'],
])('a process that exits with %i ends its invocation', async (code, reason) => {
  const lambdaProcess = start();
  expect((await lambdaProcess.invoke({ do: 'exit', code })).result).toMatchObject({
    kind: 'failed',
    error: { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining(reason) },
  });
  expect(lambdaProcess.alive).toBe(false);
});

test('a killed process ends its invocation', async () => {
  const lambdaProcess = start();
  await lambdaProcess.invoke({});
  const invocation = lambdaProcess.invoke({ do: 'wait', ms: 60_000 });
  await lambdaProcess.kill();
  expect((await invocation).result).toMatchObject({
    kind: 'failed',
    error: {
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringContaining('Runtime exited with error: signal: killed'),
    },
  });
  expect((await lambdaProcess.invoke({})).result.kind).toBe('failed');
});

test('an unhandled rejection ends the process', async () => {
  const lambdaProcess = start();
  await lambdaProcess.invoke({ do: 'reject later' });
  expect((await lambdaProcess.invoke({ do: 'wait', ms: 60_000 })).result).toMatchObject({
    kind: 'failed',
    error: { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: nobody waits' },
  });
  expect(lambdaProcess.alive).toBe(false);
});

test.each([
  ['broken.handler', 'RangeError', 'cannot load'],
  ['absent.handler', 'Runtime.ImportModuleError', "Cannot find module 'absent'"],
  ['index.absent', 'Runtime.HandlerNotFound', 'index.absent is undefined or not a function'],
])('a handler %s that cannot be loaded fails the invocation', async (handler, errorType, errorMessage) => {
  const lambdaProcess = start({ handler });
  expect((await lambdaProcess.invoke({})).result).toMatchObject({
    kind: 'failed',
    error: { errorType, errorMessage },
  });
  expect(lambdaProcess.alive).toBe(false);
});
