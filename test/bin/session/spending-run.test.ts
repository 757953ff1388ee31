import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { boundedRun } from '../../../bin/session/spending-run.ts';
import { Interruption } from '../../../bin/session/terminal/interruption.ts';
import { Terminal } from '../../../bin/session/terminal/terminal.ts';

let stderr: PassThrough;
let terminal: Terminal;
let interruption: Interruption;

beforeEach(() => {
  stderr = new PassThrough();
  terminal = new Terminal({ stdin: new PassThrough(), stdout: new PassThrough(), stderr }, false);
  interruption = new Interruption(terminal);
  vi.useFakeTimers();
});
afterEach(() => interruption.close());

describe('a run that spends', () => {
  it('is ended by the end of the process when the function would be ended', async () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
    void boundedRun({ terminal, interruption }, () => new Promise(() => {}));
    await vi.advanceTimersByTimeAsync(59_999);
    expect(exit).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(exit).toHaveBeenCalledWith(1);
    expect(String(stderr.read())).toContain('did not finish within 60 s');
  });

  it('knows its remaining time, also on a machine that slept', async () => {
    await boundedRun({ terminal, interruption }, async (runEnds) => {
      expect(runEnds.remainingMs()).toBe(60_000);
      vi.setSystemTime(Date.now() + 45_000);
      expect(runEnds.remainingMs()).toBe(15_000);
    });
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('finishes before %s ends the command with %i', async (signal, exitCode) => {
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
    await boundedRun({ terminal, interruption }, async () => {
      process.emit(signal, signal);
      expect(String(stderr.read())).toContain('could lose the session');
    });
    expect(exit).not.toHaveBeenCalled();
    expect(interruption.exitCode).toBe(exitCode);
    process.emit(signal, signal);
    expect(exit).toHaveBeenCalledWith(exitCode);
  });
});
