import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Timing } from '../../../lambda/core/time.ts';
import { realTiming } from '../../../lambda/core/time.ts';
import { guarded } from '../../../lambda/logout/run-guard.ts';

const never = () => new Promise<never>(() => {});
const inThreeSeconds = { remainingMs: () => 3_000 };

/** Records the waits, which are over at once. */
function timing() {
  const waits: number[] = [];
  const recorded: Timing = {
    ...realTiming,
    wait: async (ms) => {
      waits.push(ms);
    },
    random: () => 0,
  };
  return { waits, timing: recorded };
}

describe('a run', () => {
  test('that never settles fails shortly before its time is over', async () => {
    const { waits, timing: recorded } = timing();
    await expect(guarded(recorded, inThreeSeconds, never)).rejects.toMatchObject({ code: 'internal_error' });
    expect(waits).toEqual([2_750]);
  });

  test('that settles leaves no listener and no timer behind', async () => {
    const listeners = () =>
      ['unhandledRejection', 'uncaughtExceptionMonitor'].map((name) => process.listenerCount(name));
    const before = listeners();
    let timer: AbortSignal | undefined;
    const wait = (_: number, signal?: AbortSignal) => {
      timer = signal;
      return never();
    };
    const waiting = { ...realTiming, wait, random: () => 0 };
    expect(await guarded(waiting, inThreeSeconds, async () => 'result')).toBe('result');
    expect(listeners()).toEqual(before);
    expect(timer?.aborted).toBe(true);
  });
});

describe('a process that crashes during a run', () => {
  test.each(['late-error', 'unhandled-rejection', 'never'])('has written one event: %s', async (way) => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      'test/lambda/logout/crashing-run.ts',
      way,
    ]);
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ code: 'internal_error', InternalError: 1 });
    expect(stdout).not.toContain('canary');
  });
});
