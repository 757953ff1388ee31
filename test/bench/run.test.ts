import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { readOptions } from '../../bench/options.ts';

test('a short run measures every part and writes no page', async () => {
  const options = '--rounds 1 --memory 1769 --calls 5 --blink-away 6 --blink-work 2'.split(' ');
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['bench/run.ts', ...options]).catch(
    (error: { stdout: string; stderr: string }) => error, // on a busy machine the run is void
  );
  expect(stdout).toMatch(
    /^A cold webhook takes \d\.\d\d s, a nightly run \d\.\d\d s; of that, 0\.03 s is Blink\.$/m,
  );
  expect(stdout).toMatch(/^Blink is 6 ms away \(one round trip\) and works 2 ms .* CPU share by /m);
  expect(stdout).toMatch(/^\| 1,769 \| \d/m);
  expect(stdout).toMatch(/^\| CPU to the first reply, ms \| \d/m);
  expect(stdout).toMatch(/^\| `@smithy\/core` \| \d/m);
  expect(stderr).toMatch(/^the wait: 4 of 4 samples, 0 s left$/m);
}, 180_000);

test('an option that is no whole number is named', () => {
  expect(() => readOptions(['--rounds', 'many'])).toThrow(
    '--rounds was given as many; accepted is a whole number',
  );
  expect(() => readOptions(['--memory', '128,half'])).toThrow('--memory was given as half');
});
