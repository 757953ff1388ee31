import { FUNCTION_TIMEOUT_SECONDS } from '../../lambda/environment.ts';
import type { Deadline } from '../../lambda/time.ts';
import type { Context } from './commands/command.ts';
import { CommandError } from './errors/command-error.ts';

const LIMIT_MS = FUNCTION_TIMEOUT_SECONDS * 1000;

/**
 * Runs what spends a refresh token. After the function's timeout the process exits: other runs rely on that when they take
 * over a claim. Until then a signal does not end it, as that could lose the session.
 */
export async function boundedRun<T>(
  { terminal, interruption }: Pick<Context, 'terminal' | 'interruption'>,
  work: (runEnds: Deadline) => Promise<T>,
): Promise<T> {
  const startedAtMs = Date.now();
  const startedAtTick = performance.now();
  // While the machine sleeps, the clock continues. The ticks continue only on some systems.
  const elapsedMs = () => Math.max(Date.now() - startedAtMs, performance.now() - startedAtTick);

  const timer = setTimeout(() => {
    const timedOut = new CommandError(
      'timed_out',
      `Stopped: the run did not finish within ${FUNCTION_TIMEOUT_SECONDS} s.`,
      ['See the state of the session with check, and try again in two minutes.'],
    );
    terminal.failure(timedOut);
    process.exit(timedOut.exitCode);
  }, LIMIT_MS);
  try {
    return await interruption.hold(() => work({ remainingMs: () => LIMIT_MS - elapsedMs() }));
  } finally {
    clearTimeout(timer);
  }
}
