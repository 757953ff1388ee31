import { startVitest } from 'vitest/node';

/**
 * The proof in its long form; `npm test` runs the short one. Each part ends with one line of figures. The races print
 * their seed: `PROOF_SEED=<seed> npm run proof` repeats them.
 */
process.env['PROOF'] = 'long';

await startVitest('test', ['test/proof/', 'test/lambda/run.property'], {
  watch: false,
  reporters: ['verbose'],
  disableConsoleIntercept: true,
  // One part after the other, since one of them measures time.
  fileParallelism: false,
});
