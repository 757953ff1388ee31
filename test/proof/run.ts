import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startVitest } from 'vitest/node';
import { summary } from './figures.ts';

/**
 * The proof in its long form; `npm test` runs the short one. Each part ends with one line of figures. The races print
 * their seed: `PROOF_SEED=<seed> npm run proof` repeats them.
 * The last line is the sum of all parts.
 */
const directory = mkdtempSync(join(tmpdir(), 'blink-logout-figures-'));
const figuresFile = join(directory, 'figures');
process.env['PROOF'] = 'long';
process.env['PROOF_FIGURES'] = figuresFile;

/** Tests of other folders that have a long form, too. */
const OTHERS = [
  'lambda/logout/run.property',
  'lambda/fleet/fleet',
  'lib/package',
  'docs/walk',
  'bin/app',
  'bin/session/remove',
  'bench/run',
];

const vitest = await startVitest('test', ['test/proof/', ...OTHERS.map((name) => `test/${name}.test`)], {
  watch: false,
  reporters: ['verbose'],
  disableConsoleIntercept: true,
  // One part after the other, since one of them measures time.
  fileParallelism: false,
});
await vitest.close();
console.log(summary(figuresFile));
rmSync(directory, { recursive: true });
