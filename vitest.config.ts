import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** What runs the function as it would be deployed: synthesized once for all. */
const DEPLOYED = ['test/end-to-end/**/*.test.ts', 'test/docs/**/*.test.ts'];
const STACK = 'test/lib/*.test.ts';

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Vitest leaves a core to itself, which on two cores is half of them.
    maxWorkers: 2,
    env: {
      // Without it, compilation takes a third to a half of the CPU time of a session command or of the CDK app.
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/node-compile', import.meta.url)),
    },
    projects: [
      {
        extends: true,
        test: { name: 'parts', include: ['test/**/*.test.ts'], exclude: [...DEPLOYED, STACK] },
      },
      {
        extends: true,
        // Loading aws-cdk-lib takes longer than the tests themselves, so it is loaded once.
        test: { name: 'stack', include: [STACK], isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'deployed',
          include: DEPLOYED,
          globalSetup: 'test/end-to-end/synthesized-app.ts',
        },
      },
    ],
  },
});
