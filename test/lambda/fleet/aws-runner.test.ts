import { type DurableContext, withDurableExecution } from '@aws/durable-execution-sdk-js';
import { LocalDurableTestRunner } from '@aws/durable-execution-sdk-js-testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { runDurable } from './durable-model.ts';
import { type Condition, World } from './world.ts';

beforeAll(() => {
  // Vitest remembers the clock when it is first asked for its timers. The runner replaces the clock.
  vi.useRealTimers();
  return LocalDurableTestRunner.setupTestEnvironment({ skipTime: true });
});
afterAll(() => LocalDurableTestRunner.teardownTestEnvironment());

/** Executes as the model does. The runner gives executions no names, and skips waits without telling how long they are. */
const onAwsRunner: typeof runDurable = async (handler, event, { name, call, passMs }) => {
  let waited = 0;
  const withClock = (context: DurableContext): DurableContext => {
    let waits = 0;
    const wait = context.wait.bind(context);
    const durableExecutionArn = `arn:aws:lambda:r:a:function:f:1/durable-execution/${name}/id`;
    return Object.defineProperties(context, {
      executionContext: { value: { durableExecutionArn } },
      wait: {
        value: (label: string, { minutes = 0, seconds = 0 }) => {
          waits += 1;
          // A replay waits again for nothing.
          if (waits > waited) {
            waited = waits;
            passMs((minutes * 60 + seconds) * 1000);
          }
          return wait(label, { seconds: 1 });
        },
      },
    });
  };
  const handlerFunction = withDurableExecution((payload: unknown, context) =>
    handler(payload, withClock(context)),
  );
  const runner = new LocalDurableTestRunner({ handlerFunction });
  for (const called of ['blink-logout', 'blink-logout-fleet:live']) {
    runner.registerFunction(called, (payload: unknown) => call(called, payload));
  }
  const execution = await runner.run({ payload: event });
  return { result: execution.getResult(), operations: 1 + execution.getOperations().length };
};

test.each<[what: string, sessions: Readonly<Record<string, Condition>>, outageMinutes: number]>([
  [
    'failures of each kind, and a second pass',
    {
      ready: 'ready',
      signed: 'signed_out',
      once: { code: 'blink_unavailable', times: 1 },
      invalid: 'session_invalid',
      crash: 'crashes',
    },
    0,
  ],
  [
    'an outage, and trials',
    Object.fromEntries(Array.from({ length: 14 }, (_, index) => [`s-${index + 10}`, 'ready'] as const)),
    15,
  ],
])('AWS’s runner executes as the model does: %s', async (_, sessions, outageMinutes) => {
  const [modelled, run] = await Promise.all(
    [new World(), Object.assign(new World(), { run: onAwsRunner })].map(async (world) => {
      world.maxConcurrency = 1;
      world.outage = { fromMs: 0, toMs: outageMinutes * 60_000 };
      for (const [name, condition] of Object.entries(sessions)) world.sessions.set(name, condition);
      const ended = await world.command('all');
      return { ended, calls: world.calls, mails: world.mails };
    }),
  );
  expect(run).toEqual(modelled);
});
