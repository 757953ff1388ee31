import { expect, test } from 'vitest';
import { progressBar } from '../../../../bin/session/state-machine/progress-bar.ts';

const failed = (count: number) =>
  Array.from({ length: count }, () => ({ session: 's', code: 'session_busy' }));

test.each([
  [0, 0, 200, 5_000, '░░░░░░░░░░░░░░░░░░░░ 0 done, 0 failed, 200 to come'],
  [48, 2, 200, 60_000, '█████░░░░░░░░░░░░░░░ 48 done, 2 failed, 150 to come, 3 minutes left'],
  [198, 2, 200, 60_000, '████████████████████ 198 done, 2 failed, 0 to come'],
  // A session was added after they were counted.
  [201, 0, 200, 60_000, '████████████████████ 201 done, 0 failed, 0 to come'],
  [0, 0, 0, 0, '░░░░░░░░░░░░░░░░░░░░ 0 done, 0 failed, 0 to come'],
])('%i done and %i failed of %i after %i ms', (succeeded, failures, total, elapsedMs, shown) => {
  expect(progressBar({ succeeded, failures: failed(failures) }, total, elapsedMs)).toBe(shown);
});
