import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { realTiming } from '../../../lambda/core/time.ts';
import { guarded } from '../../../lambda/logout/run-guard.ts';

const never = () => new Promise<never>(() => {});
const inThreeSeconds = { remainingMs: () => 3_000 };

test('a run that never settles fails shortly before its time is over', async () => {
  const waits: number[] = [];
  const timing = { ...realTiming, wait: async (ms: number) => void waits.push(ms) };
  await expect(guarded(timing, inThreeSeconds, never)).rejects.toMatchObject({ code: 'internal_error' });
  expect(waits).toEqual([2_750]);
});

test('a run that settles leaves no listener and no timer behind', async () => {
  const listeners = () =>
    ['unhandledRejection', 'uncaughtExceptionMonitor'].map((name) => process.listenerCount(name));
  const before = listeners();
  let timer: AbortSignal | undefined;
  const wait = (_: number, signal?: AbortSignal) => {
    timer = signal;
    return never();
  };
  expect(await guarded({ ...realTiming, wait }, inThreeSeconds, async () => 'result')).toBe('result');
  expect(listeners()).toEqual(before);
  expect(timer?.aborted).toBe(true);
});

test.each(['late-error', 'unhandled-rejection'])(
  'a process that crashes during a run has written one event: %s',
  async (way) => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      'test/lambda/logout/crashing-run.ts',
      way,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ code: 'internal_error', InternalError: 1 });
    expect(stdout).not.toContain('canary');
  },
);
