/** Starts to measure. While the machine sleeps, the clock continues; the ticks continue only on some systems. */
export function startStopwatch(): () => number {
  const startedAtMs = Date.now();
  const startedAtTick = performance.now();
  return () => Math.max(Date.now() - startedAtMs, performance.now() - startedAtTick);
}
