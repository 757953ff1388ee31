import { setTimeout } from 'node:timers/promises';

/** Waiting and randomness of a run. Tests replace both. */
export interface Timing {
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** From 0 to below 1. */
  readonly random: () => number;
}

export const realTiming: Timing = {
  wait: (ms, signal) => setTimeout(ms, undefined, { ...(signal && { signal }) }),
  random: Math.random,
};

/** Full jitter: a random delay from 0 to a limit that doubles with each try. */
export function fullJitterMs(timing: Timing, tries: number, baseMs: number, capMs: number): number {
  return Math.floor(timing.random() * Math.min(capMs, baseMs * 2 ** tries));
}
