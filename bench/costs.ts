import type { Waits } from './wait.ts';

/** US dollars, arm64, us-east-1 (AWS Lambda pricing). docs/scale.md has the same. */
export const PRICES = { gbSecond: 0.0000133334, millionRequests: 0.2 };

/** The price of a million calls that are billed for this long. */
export function millionCallsUsd(memoryMb: number, billedMs: number): number {
  return billedMs * 1e3 * (memoryMb / 1_024) * PRICES.gbSecond + PRICES.millionRequests;
}

/** The least memory whose cold and idle calls take at most 10 % longer than the fastest ones. */
export function memoryByRule(byMemory: ReadonlyMap<number, { readonly this: Waits }>): number {
  const all = [...byMemory].sort(([a], [b]) => a - b);
  const best = (call: 'cold' | 'idle') => Math.min(...all.map(([, waits]) => waits.this[call].median));
  const limits = { cold: 1.1 * best('cold'), idle: 1.1 * best('idle') };
  const least = all.find(
    ([, { this: waits }]) => waits.cold.median <= limits.cold && waits.idle.median <= limits.idle,
  );
  return least?.[0] ?? Math.max(...byMemory.keys());
}
