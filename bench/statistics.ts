export interface Distribution {
  readonly median: number;
  readonly min: number;
}

export function distribution(values: readonly number[]): Distribution {
  if (values.length === 0) throw new RangeError('no values');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
  return { median: middle.reduce((sum, value) => sum + value, 0) / middle.length, min: sorted[0] ?? 0 };
}

/** In random order (Fisher and Yates), so that no variant always follows the same other one. */
export function shuffled<T>(items: readonly T[], random: () => number = Math.random): T[] {
  const left = [...items];
  const drawn: T[] = [];
  while (left.length > 0) drawn.push(...left.splice(Math.floor(random() * left.length), 1));
  return drawn;
}
