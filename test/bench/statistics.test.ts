import { expect, test } from 'vitest';
import { distribution, shuffled } from '../../bench/statistics.ts';

test.each([
  [[3], { median: 3, min: 3 }],
  [[9, 1, 2], { median: 2, min: 1 }],
  [[10, 2, 4, 100], { median: 7, min: 2 }],
])('%j has its middle and its least', (values, expected) => {
  expect(distribution(values)).toEqual(expected);
});

test('shuffling loses and invents nothing, and leaves its input alone', () => {
  const items = ['a', 'b', 'c', 'd'] as const;
  const draws = [0.99, 0, 0.5, 0];
  expect(shuffled(items, () => draws.shift() ?? 0)).toEqual(['d', 'a', 'c', 'b']);
  expect(items).toEqual(['a', 'b', 'c', 'd']);
});
