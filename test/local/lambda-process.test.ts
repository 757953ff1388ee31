import { homedir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
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

  test('starts cold once', async () => {
    const first = await lambdaProcess.invoke({ do: 'count' });
    expect(first).toMatchObject({ result: { kind: 'returned', payload: 1 }, output: ['loading'] });
    expect(first.initMs).toBeGreaterThan(0);
    const second = await lambdaProcess.invoke({ do: 'count' });
    expect(second).toMatchObject({ initMs: undefined, result: { payload: 2 }, output: [] });
    expect(second.requestId).not.toBe(first.requestId);
  });

  test('has the environment of the template, the overrides and the platform, and nothing of this machine', async () => {
    const { result } = await lambdaProcess.invoke({ do: 'environment' });
    const platform = { AWS_LAMBDA_FUNCTION_NAME: 'fixture', TZ: ':UTC' };
    expect(result).toMatchObject({ payload: { COLOUR: 'blue', SHAPE: 'square', ...platform } });
    expect(result).not.toMatchObject({ payload: { AWS_PROFILE: expect.anything() } });
    expect(result).not.toMatchObject({ payload: { HOME: homedir() } });
  });

  test('tells the request and the time that is left', async () => {
    const { requestId, result } = await lambdaProcess.invoke({ do: 'context' });
    const remainingMs = expect.toSatisfy((ms: number) => ms > 1000 && ms <= 3000);
    expect(result).toMatchObject({ payload: { awsRequestId: requestId, remainingMs } });
  });

  test.each<[object, object]>([
    [
      { do: 'echo', at: new Date(0), left: undefined },
      { payload: { do: 'echo', at: '1970-01-01T00:00:00.000Z' } },
    ],
    [{ do: 'return a date' }, { payload: { date: '1970-01-01T00:00:00.000Z' } }],
    [{}, { payload: null }],
    [{ do: 'throw text', message: 'no' }, { error: { errorType: 'string', errorMessage: 'no', trace: [] } }],
    [{ do: 'return a circle' }, { error: { errorType: 'TypeError' } }],
  ])('makes of %j what JSON makes of it', async (event, result) => {
    expect((await lambdaProcess.invoke(event)).result).toMatchObject(result);
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

  test('gives its output to the invocation that printed it, to the last byte and in order', async () => {
    expect((await lambdaProcess.invoke({ do: 'print', text: 'one' })).output).toEqual(['out one', 'err one']);
    expect((await lambdaProcess.invoke({ do: 'print', text: 'two' })).output).toEqual(['out two', 'err two']);
    expect((await lambdaProcess.invoke({ do: 'print much' })).output).toEqual(['x'.repeat(300_000)]);
  });
});

const WAIT = { do: 'wait', ms: 60_000 };

test.each<[string, Partial<typeof FIXTURE_FUNCTION>, object, string, string]>([
  ['times out', { timeoutSeconds: 0.1 }, WAIT, 'Sandbox.Timedout', 'Task timed out after 0.10 seconds'],
  ['exits with 7', {}, { do: 'exit', code: 7 }, 'Runtime.ExitError', 'exit status 7'],
  ['is killed', {}, { do: 'kill' }, 'Runtime.ExitError', 'signal: killed'],
  ['cannot be loaded', { handler: 'broken.handler' }, {}, 'Runtime.ExitError', 'exit status 1'],
  ['rejects, and nobody waits', {}, { do: 'reject and wait' }, 'Runtime.ExitError', 'exit status 1'],
])(
  'a process that %s fails its invocation, and those after it',
  async (...[, changes, event, type, reason]) => {
    const lambdaProcess = new LambdaProcess({ ...FIXTURE_FUNCTION, ...changes });
    const { result, requestId, output } = await lambdaProcess.invoke(event);
    const errorMessage = expect.stringMatching(`^RequestId: ${requestId} Error: .*${reason}$`);
    expect(result).toMatchObject({ kind: 'failed', error: { errorType: type, errorMessage } });
    if (reason === 'exit status 1') expect(output.join('\n')).toMatch(/cannot load|nobody waits/);
    expect(lambdaProcess.alive).toBe(false);
    expect((await lambdaProcess.invoke({})).result.kind).toBe('failed');
  },
);

test('a function has a process for each call at once, up to its concurrency, and a new one after an end', async () => {
  const lambda = new Lambda(FIXTURE_FUNCTION, {}, 2);
  const count = () => lambda.invoke({ do: 'count' });
  const coldStarts = async (...calls: (typeof count)[]) =>
    (await Promise.all(calls.map((call) => call()))).filter(({ initMs }) => initMs !== undefined).length;
  expect(await coldStarts(count, count, count, count, count)).toBe(2);
  await lambda.invoke({ do: 'exit', code: 1 });
  expect(await coldStarts(count, count)).toBe(1);
  await lambda.kill();
  expect(await count()).toMatchObject({ initMs: expect.any(Number), result: { payload: 1 } });
  await lambda.kill();
});
