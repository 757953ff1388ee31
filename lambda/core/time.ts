import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';

/** The time by which a run must end. */
export interface Deadline {
  /** Milliseconds left; zero or less after the deadline. */
  remainingMs(): number;
}

/** A refresh that takes longer is aborted. */
export const REFRESH_TIMEOUT_MS = 8_000;

/** Time reserved to save the new refresh token, including retries. */
export const SAVE_RESERVE_MS = 10_000;

/** The refresh token is spent only if, after a pause, enough time remains for the refresh and the save. */
export function holdsRefreshAndSave(deadline: Deadline, pauseMs = 0): boolean {
  return deadline.remainingMs() >= pauseMs + REFRESH_TIMEOUT_MS + SAVE_RESERVE_MS;
}

/** Waiting and randomness of a run. Tests replace both. */
export interface Timing {
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly uuid: () => string;
  /** Milliseconds that never go back, and go on while the process or the machine sleeps. Only differences count. */
  readonly nowMs: () => number;
}

const startedAtMs = Date.now() - performance.now();

export const realTiming: Timing = {
  wait: async (ms, signal) => {
    if (ms > 0) await setTimeout(ms, undefined, { ...(signal && { signal }) });
  },
  random: Math.random,
  uuid: randomUUID,
  // The wall clock may be set back; the other one stands still on some systems while the machine sleeps.
  nowMs: () => Math.max(Date.now() - startedAtMs, performance.now()),
};

/** A random delay from 0 to a limit. */
export function fullJitterMs(timing: Timing, limitMs: number): number {
  return Math.floor(timing.random() * limitMs);
}

/** The wait before a try is repeated: doubles up to 8 s, with a quarter of jitter. So a minute has at most 15 tries. */
export function backoffMs(timing: Timing, tries: number): number {
  return Math.floor(Math.min(8_000, 200 * 2 ** tries) * (0.75 + timing.random() / 4));
}
