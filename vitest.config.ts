import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Tests wait for processes, retries and timeouts, which leaves room for two workers more.
    maxWorkers: availableParallelism() + 2,
    // Loading aws-cdk-lib and the clients of AWS takes longer than most tests: each worker loads them once.
    isolate: false,
    // What a file changes for itself does not reach the next one.
    setupFiles: 'test/restored.ts',
    globalSetup: 'test/shared-directory.ts',
    env: {
      // Without it, compilation takes a third to a half of the CPU time of a session command or of the CDK app.
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/node-compile', import.meta.url)),
    },
  },
});
