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
  | { readonly kind: 'over'; readonly cause: Failure | undefined };

export interface Retries {
  readonly onRetry?: (cause: unknown) => void;
  /** Whether another try would fail for the same cause. @default never */
  readonly isFinal?: (cause: unknown) => boolean;
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
  let cause: Failure | undefined;
  for (let tries = 0; tries === 0 || (leftMs() > 0 && tries < maxTries); tries++) {
    if (tries > 0) onRetry?.(cause);
    const tried = await withinMs(timing, tries === 0 ? Math.max(leftMs(), FIRST_TRY_MS) : leftMs(), step);
    if (tried.kind === 'done') return tried;
    cause = tried.cause ?? cause;
    if (isFinal?.(cause) || tries + 1 === maxTries) break;
    // The last try begins while a call can still be answered.
    const untilLastTryMs = Math.max(MIN_WAIT_MS, leftMs() - LAST_TRY_MS);
    await timing.wait(Math.min(leftMs(), untilLastTryMs, backoffMs(timing, tries)));
  }
  return { kind: 'over', cause };
}

async function withinMs<T>(timing: Timing, ms: number, step: () => Promise<T>): Promise<Tried<T>> {
  const settled = new AbortController();
  const late = timing.wait(ms, settled.signal).then(() => ({ kind: 'over', cause: undefined }) as const);
  try {
    return await Promise.race([attempt(step), late]);
  } finally {
    settled.abort();
  }
}

async function attempt<T>(step: () => Promise<T>): Promise<Tried<T>> {
  try {
    return { kind: 'done', value: await step() };
  } catch (cause) {
    if (cause instanceof Failure) return { kind: 'over', cause };
    throw cause;
  }
}
