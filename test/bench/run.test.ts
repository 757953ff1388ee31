import { expect, test, vi } from 'vitest';
import { BUILDS } from '../../bench/builds.ts';
import { noise, resultsTable, type Samples } from '../../bench/results.ts';
import { measure } from '../../bench/run.ts';
import type { Sample } from '../../bench/sample.ts';
import { isLong } from '../proof/figures.ts';

const sample = (coldMs: number): Sample => ({
  coldMs,
  idleMs: 570,
  warmMs: [340, 342],
  coldCpuMs: 90,
  warmCpuMs: 5,
  residentMb: 66.7,
});

function samples(controlMs: number): Samples {
  return { this: [sample(500), sample(540)], control: [sample(controlMs)], baseline: [sample(1_040)] };
}

test('the table has medians, minima, the ratio to the baseline and the limit', () => {
  expect(resultsTable(samples(520))).toContain(
    '| Cold webhook, ms | 520 (500) | 520 (520) | 1040 (1040) | 0.50 | 524 |',
  );
});

test.each([
  [520 * 1.06, []],
  [520 * 0.94, []],
  [520 * 1.08, ['Cold webhook, ms: the control is at ×1.08']],
  [520 * 0.92, ['Cold webhook, ms: the control is at ×0.92']],
])(
  'a control of %s ms beside 520 ms makes the run void where it differs by more than 7 %%',
  (ms, expected) => {
    expect(noise(samples(ms))).toEqual(expected);
  },
);

test.runIf(isLong)('a round measures every build', async () => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const atOnce = { blinkAwayMs: 0, blinkWorkMs: 0, secretsAwayMs: 0, secretsWorkMs: 0 };
  const samples = await measure(1, atOnce, 1769);
  for (const build of BUILDS) {
    expect(samples[build]).toHaveLength(1);
    expect(samples[build][0]?.coldMs).toBeGreaterThan(10);
  }
});
