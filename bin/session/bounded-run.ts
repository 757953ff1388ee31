import type { Deadline } from '../../lambda/deadline.ts';
import { FUNCTION_TIMEOUT_SECONDS } from '../../lambda/environment.ts';
import { FAILED } from './context.ts';
import { CommandError } from './errors/command-error.ts';
import type { Terminal } from './terminal/terminal.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const LIMIT_MS = FUNCTION_TIMEOUT_SECONDS * 1000;

/**
 * Does what spends a refresh token. It ends when the platform would end the function, by ending the process: only so may
 * another run take the claim over later. Before that, no Ctrl-C ends it, as that could lose the session.
 */
export async function boundedRun<T>(terminal: Terminal, work: (runEnds: Deadline) => Promise<T>): Promise<T> {
  const startedAtMs = Date.now();
  const startedAtTick = performance.now();
  // The clock goes on while the machine sleeps, the ticks do so on some systems only.
  const elapsedMs = () => Math.max(Date.now() - startedAtMs, performance.now() - startedAtTick);

  const timer = setTimeout(() => {
    terminal.failure(
      new CommandError('timed_out', `Ended, as it was not done within ${FUNCTION_TIMEOUT_SECONDS} s.`, [
        'See what became of the session with check, and try again in two minutes.',
      ]),
    );
    process.exit(FAILED);
  }, LIMIT_MS);
  const reassure = () => terminal.note('One moment: to stop now could lose the session. It is over soon.');
  for (const signal of SIGNALS) process.on(signal, reassure);
  try {
    return await work({ remainingMs: () => LIMIT_MS - elapsedMs() });
  } finally {
    clearTimeout(timer);
    for (const signal of SIGNALS) process.off(signal, reassure);
  }
}
