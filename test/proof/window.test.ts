import { afterAll, beforeAll, expect, test } from 'vitest';
import { LambdaProcess } from '../../local/lambda-process.ts';
import { codeOf } from '../code-of.ts';
import { figures, isLong } from './figures.ts';
import { type FunctionUnderTest, startFunctionUnderTest } from './function-under-test.ts';

const RUNS = isLong ? 200 : 20;

let subject: FunctionUnderTest;

beforeAll(async () => {
  subject = await startFunctionUnderTest();
});
afterAll(() => subject.close());

/**
 * The one window that no client can close: from Blink's answer, as it leaves, until the new token is on its way into
 * the secret, and until it is there. On this machine: what the function itself takes, with no network in between.
 */
test('promise 3: what Blink answered is on its way into the secret at once', async () => {
  const { fn, endpoints, secretsManager, blink } = subject;
  let answeredAtMs = Number.NaN;
  const receivedMs: number[] = [];
  const savedMs: number[] = [];
  blink.faults.onCall = ({ action }, moment) => {
    if (action === 'refresh' && moment === 'after') answeredAtMs = performance.now();
    return undefined;
  };
  secretsManager.faults.onCall = ({ action }, moment) => {
    if (action !== 'PutSecretValue' || Number.isNaN(answeredAtMs)) return undefined;
    if (moment === 'before') receivedMs.push(performance.now() - answeredAtMs);
    else {
      savedMs.push(performance.now() - answeredAtMs);
      answeredAtMs = Number.NaN;
    }
    return undefined;
  };

  const lambdaProcess = new LambdaProcess(fn, endpoints);
  for (let run = 0; run < RUNS; run++) {
    const session = subject.signIn(`window-${run}`);
    const { result } = await lambdaProcess.invoke({ session: session.name });
    expect(codeOf({ result })).toBe('logged_out');
  }
  await lambdaProcess.kill();

  figures('window between Blink’s answer and the save', {
    runs: RUNS,
    msUntilReceivedMedian: median(receivedMs),
    msUntilReceivedMax: tenths(Math.max(...receivedMs)),
    msUntilSavedMedian: median(savedMs),
    msUntilSavedMax: tenths(Math.max(...savedMs)),
  });
  expect(receivedMs).toHaveLength(RUNS);
  expect(median(receivedMs)).toBeLessThan(500);
});

function median(values: readonly number[]): number {
  return tenths(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN);
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
