import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withSourcePositions } from '../../../lambda/logout/source-positions.ts';

/** That frames of the bundle are where its sources have them, test/lib/function-bundle.test.ts proves. */
test('frames stay as they are if they are of another file, or if the map cannot be read', async ({
  onTestFinished,
}) => {
  const directory = await mkdtemp(join(tmpdir(), 'blink-logout-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'torn.cjs.map'), '{"version":3,');
  const frames = [
    'at node:internal/modules/cjs/loader:1554:14',
    'at run (/var/task/nothing.cjs:1:2)',
    `at run (${join(directory, 'torn.cjs')}:1:2)`,
    'at async Promise.all (index 0)',
    'at <anonymous>',
  ];
  expect(withSourcePositions(frames)).toEqual(frames);
});
