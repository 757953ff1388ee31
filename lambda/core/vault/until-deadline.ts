import { Failure } from '../failure.ts';
import { backoffMs, type Deadline, type Timing } from '../time.ts';

/** The minimum time of the first try: a process may resume after its deadline while it holds an unsaved token. */
const FIRST_TRY_MS = 3000;

/** Time reserved to report a failed write. */
const FAILURE_REPORT_RESERVE_MS = 1000;

/** The time that the last try has. */
const LAST_TRY_MS = 1500;
const MIN_WAIT_MS = 1000;

export type Tried<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'over'; readonly cause: Failure };

export interface Retries {
  readonly onRetry?: (cause: Failure) => void;
  /** Whether another try would fail for the same cause. @default never */
  readonly isFinal?: (cause: Failure) => boolean;
  /** @default no limit */
  readonly maxTries?: number;
}

/** Tries a step until it works or the deadline is near. Only a `Failure` is tried again. */
export async function untilDeadline<T>(
  timing: Timing,
  deadline: Deadline,
  step: () => Promise<T>,
  { onRetry, isFinal, maxTries = Number.POSITIVE_INFINITY }: Retries = {},
): Promise<Tried<T>> {
  const leftMs = () => Math.max(0, deadline.remainingMs() - FAILURE_REPORT_RESERVE_MS);
  let forMs = Math.max(leftMs(), FIRST_TRY_MS);
  for (let tries = 1; ; tries++) {
    try {
      return { kind: 'done', value: await withinMs(timing, forMs, step) };
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause;
      if (tries >= maxTries || isFinal?.(cause)) return { kind: 'over', cause };
      // The last try begins while a call can still be answered.
      const untilLastTryMs = Math.max(MIN_WAIT_MS, leftMs() - LAST_TRY_MS);
      await timing.wait(Math.min(leftMs(), untilLastTryMs, backoffMs(timing, tries - 1)));
      forMs = leftMs();
      if (forMs === 0) return { kind: 'over', cause };
      onRetry?.(cause);
    }
  }
}

async function withinMs<T>(timing: Timing, ms: number, step: () => Promise<T>): Promise<T> {
  const working = step();
  const settled = new AbortController();
  const late = timing.wait(ms, settled.signal).then((): never => {
    throw new Failure('secrets_unavailable', 'Secrets Manager did not answer in time');
  });
  try {
    return await Promise.race([working, late]);
  } finally {
    settled.abort();
  }
}
