import { Failure } from '../core/failure.ts';
import type { Deadline, Timing } from '../core/time.ts';

/** Time reserved to write the event. The save of a refresh token may use the time before. */
const EVENT_RESERVE_MS = 250;

/**
 * Ends a run that would otherwise end without an event: shortly before the deadline, or after an error outside of its
 * promises. After such an error, Lambda's runtime also ends the process.
 */
export async function guarded<T>(timing: Timing, runEnds: Deadline, work: () => Promise<T>): Promise<T> {
  const settled = new AbortController();
  const late = timing
    .wait(Math.max(0, runEnds.remainingMs() - EVENT_RESERVE_MS), settled.signal)
    .then((): never => {
      throw new Failure('internal_error', 'the run did not end in time');
    });
  const { promise: crash, reject: crashed } = Promise.withResolvers<never>();
  process.on('uncaughtExceptionMonitor', crashed);
  process.on('unhandledRejection', crashed);
  try {
    return await Promise.race([work(), late, crash]);
  } finally {
    settled.abort();
    process.off('uncaughtExceptionMonitor', crashed);
    process.off('unhandledRejection', crashed);
  }
}
