import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { boundedRun } from '../../../bin/session/bounded-run.ts';
import { Terminal } from '../../../bin/session/terminal/terminal.ts';

let stderr: PassThrough;
let terminal: Terminal;

beforeEach(() => {
  stderr = new PassThrough();
  terminal = new Terminal({ stdin: new PassThrough(), stdout: new PassThrough(), stderr }, false);
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('a run that spends', () => {
  it('is ended by the end of the process when the function would be ended', async () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
    void boundedRun(terminal, () => new Promise(() => {}));
    await vi.advanceTimersByTimeAsync(59_999);
    expect(exit).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(exit).toHaveBeenCalledWith(1);
    expect(String(stderr.read())).toContain('not done within 60 s');
  });

  it('knows how long it has, a machine that slept included', async () => {
    await boundedRun(terminal, async (runEnds) => {
      expect(runEnds.remainingMs()).toBe(60_000);
      vi.setSystemTime(Date.now() + 45_000);
      expect(runEnds.remainingMs()).toBe(15_000);
    });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'is not ended by %s, which ends what follows again',
    async (signal) => {
      const before = process.listenerCount(signal);
      await boundedRun(terminal, async () => {
        process.emit(signal);
        expect(String(stderr.read())).toContain('could lose the session');
      });
      expect(process.listenerCount(signal)).toBe(before);
    },
  );
});
