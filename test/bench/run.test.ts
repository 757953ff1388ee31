import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { DELAYS } from '../../bench/network.ts';
import { noise, resultsTable, type Samples } from '../../bench/results.ts';
import type { Sample } from '../../bench/sample.ts';

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
  expect(resultsTable(samples(520), DELAYS)).toContain(
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

test('a run measures every build, and says what it was measured against', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['bench/run.ts', '--rounds', '1']).catch(
    (error: { stdout: string }) => error, // on a busy machine the run is void
  );
  expect(stdout).toMatch(/^At 512 MB\. Blink is 80 ms away/m);
  expect(stdout).toMatch(
    /^\| Cold webhook, ms \| \d+ \(\d+\) \| \d+ \(\d+\) \| \d+ \(\d+\) \| \d\.\d\d \| 524 \|$/m,
  );
}, 120_000);

test('a number of rounds that is none is named', async () => {
  await expect(
    promisify(execFile)(process.execPath, ['bench/run.ts', '--rounds', 'many']),
  ).rejects.toMatchObject({ code: 2, stderr: '--rounds is many; expected a whole number of at least 1\n' });
});
