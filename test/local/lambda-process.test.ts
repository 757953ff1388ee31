import { homedir } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Lambda } from '../../local/lambda.ts';
import { LambdaProcess } from '../../local/lambda-process.ts';
import { FIXTURE_FUNCTION } from './fixture-function.ts';

describe('a process that goes on', () => {
  let lambdaProcess: LambdaProcess;

  beforeAll(() => {
    vi.stubEnv('AWS_PROFILE', 'developer');
    lambdaProcess = new LambdaProcess(FIXTURE_FUNCTION, { SHAPE: 'square' });
  });
  afterAll(() => lambdaProcess.kill());

  const resultOf = async (event: object) => (await lambdaProcess.invoke(event)).result;
  const count = () => lambdaProcess.invoke({ do: 'count' });

  test('starts cold once, and finds its module as it was left', async () => {
    const first = await count();
    expect(first).toMatchObject({
      start: 'cold',
      result: { kind: 'returned', payload: 1 },
      output: ['loading'],
    });
    expect(first.initMs).toBeGreaterThan(0);
    const second = await count();
    expect(second).toMatchObject({ start: 'warm', initMs: 0, result: { payload: 2 }, output: [] });
    expect(second.requestId).not.toBe(first.requestId);
  });

  test('has the environment of the template, the overrides and the platform, and nothing of this machine', async () => {
    const result = await resultOf({ do: 'environment' });
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
    expect(result).not.toMatchObject({ payload: { AWS_PROFILE: expect.anything() } });
    expect(result).not.toMatchObject({ payload: { HOME: homedir() } });
  });

  test('tells the request, the function and the time that is left', async () => {
    const { requestId, result } = await lambdaProcess.invoke({ do: 'context' });
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

  test.each<[string, object, unknown]>([
    [
      'an event',
      { do: 'echo', at: new Date(0), left: undefined },
      { do: 'echo', at: '1970-01-01T00:00:00.000Z' },
    ],
    ['a payload', { do: 'return' }, { date: '1970-01-01T00:00:00.000Z' }],
    ['nothing', {}, null],
  ])('makes of %s what JSON makes of it', async (_what, event, payload) => {
    expect(await resultOf(event)).toEqual({ kind: 'returned', payload });
  });

  test("returns a thrown error in the platform's form, and logs it with all its fields", async () => {
    const event = { do: 'throw', name: 'session_busy', message: 'later' };
    const { result, output, requestId } = await lambdaProcess.invoke(event);
    const trace = expect.arrayContaining([expect.stringContaining('index.cjs')]);
    const error = { errorType: 'session_busy', errorMessage: 'later', trace };
    expect(result).toEqual({ kind: 'failed', error });
    expect(JSON.parse(output.at(-1) ?? '')).toMatchObject({
      level: 'ERROR',
      requestId,
      message: { errorType: 'Error', errorMessage: 'later', name: 'session_busy', code: 'session_busy' },
    });
  });

  test.each<[string, object, object]>([
    ['a text', { do: 'throw text', message: 'no' }, { errorType: 'string', errorMessage: 'no', trace: [] }],
    ['a circle', { do: 'return a circle' }, { errorMessage: 'Unable to stringify response body' }],
  ])('goes on after %s', async (_what, event, error) => {
    expect(await resultOf(event)).toMatchObject({ kind: 'failed', error });
    expect(await resultOf({ do: 'count' })).toMatchObject({ kind: 'returned' });
  });

  test('gives its output to the invocation that printed it, to the last byte and in order', async () => {
    expect((await lambdaProcess.invoke({ do: 'print', text: 'one' })).output).toEqual(['out one', 'err one']);
    expect((await lambdaProcess.invoke({ do: 'print', text: 'two' })).output).toEqual(['out two', 'err two']);
    expect((await lambdaProcess.invoke({ do: 'print much' })).output).toEqual(['x'.repeat(300_000)]);
  });
});

describe('a process that ends', () => {
  let lambdaProcess: LambdaProcess;

  afterEach(() => lambdaProcess.kill());

  test.each<[string, Partial<typeof FIXTURE_FUNCTION>, object, string, string]>([
    [
      'after its timeout',
      { timeoutSeconds: 0.1 },
      { do: 'wait', ms: 60_000 },
      'Sandbox.Timedout',
      'Task timed out after 0.10 seconds',
    ],
    ['with 0', {}, { do: 'exit', code: 0 }, 'Runtime.ExitError', 'Runtime exited without providing a reason'],
    ['with 7', {}, { do: 'exit', code: 7 }, 'Runtime.ExitError', 'Runtime exited with error: exit status 7'],
    ['as it loads', { handler: 'broken.handler' }, {}, 'RangeError', 'cannot load'],
    [
      'without a module',
      { handler: 'absent.handler' },
      {},
      'Runtime.ImportModuleError',
      "Cannot find module 'absent'",
    ],
    [
      'without a module',
      { handler: 'absent.handler' },
      {},
      'Runtime.ImportModuleError',
      "Cannot find module 'absent'",
    ],
    [
      'without a handler',
      { handler: 'index.absent' },
      {},
      'Runtime.HandlerNotFound',
      'index.absent is undefined or not a function',
    ],
  ])('%s fails its invocation', async (_how, changes, event, errorType, reason) => {
    lambdaProcess = new LambdaProcess({ ...FIXTURE_FUNCTION, ...changes });
    const { result, requestId, output } = await lambdaProcess.invoke(event);
    if ('do' in event) expect(output[0]).toBe('loading');
    const errorMessage = /^(Sandbox|Runtime.ExitError)/.test(errorType)
      ? `RequestId: ${requestId} Error: ${reason}`
      : reason;
    expect(result).toMatchObject({ kind: 'failed', error: { errorType, errorMessage } });
    expect(lambdaProcess.alive).toBe(false);
  });

  test('by a kill fails its invocation and those after it', async () => {
    lambdaProcess = new LambdaProcess(FIXTURE_FUNCTION);
    await lambdaProcess.invoke({});
    const invocation = lambdaProcess.invoke({ do: 'wait', ms: 60_000 });
    setTimeout(() => lambdaProcess.kill(), 100);
    const { result } = await invocation;
    expect(result).toMatchObject({
      error: {
        errorType: 'Runtime.ExitError',
        errorMessage: expect.stringContaining('Runtime exited with error: signal: killed'),
      },
    });
    expect((await lambdaProcess.invoke({})).result.kind).toBe('failed');
  });

  test('by an unhandled rejection fails the next invocation', async () => {
    lambdaProcess = new LambdaProcess(FIXTURE_FUNCTION);
    await lambdaProcess.invoke({ do: 'reject later' });
    expect((await lambdaProcess.invoke({ do: 'wait', ms: 60_000 })).result).toMatchObject({
      error: { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: nobody waits' },
    });
    expect(lambdaProcess.alive).toBe(false);
  });
});

test('a function has a process for each call at once, up to its concurrency, and a new one after an end', async () => {
  const lambda = new Lambda(FIXTURE_FUNCTION, {}, 2);
  const count = () => lambda.invoke({ do: 'count' });
  const five = await Promise.all(Array.from({ length: 5 }, count));
  expect(five.map(({ start }) => start).toSorted()).toEqual(['cold', 'cold', 'warm', 'warm', 'warm']);
  await lambda.invoke({ do: 'exit', code: 1 });
  const two = await Promise.all([count(), count()]);
  expect(two.map(({ start }) => start).toSorted()).toEqual(['cold', 'warm']);
  await lambda.kill();
  expect(await count()).toMatchObject({ start: 'cold', result: { payload: 1 } });
  await lambda.kill();
});
