import { setTimeout } from 'node:timers/promises';

/** How a run waits and what it draws, so that tests can do both by hand. */
export interface Timing {
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** From 0 to below 1. */
  readonly random: () => number;
}

export const realTiming: Timing = {
  wait: (ms, signal) => setTimeout(ms, undefined, { ...(signal && { signal }) }),
  random: Math.random,
};

/** Full jitter: anything from nothing to a cap that doubles with each try. */
export function fullJitterMs(timing: Timing, tries: number, baseMs: number, capMs: number): number {
  return Math.floor(timing.random() * Math.min(capMs, baseMs * 2 ** tries));
}
