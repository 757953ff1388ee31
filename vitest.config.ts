import { defineConfig } from 'vitest/config';

const END_TO_END = 'test/end-to-end/**/*.test.ts';
const STACK = 'test/lib/*.test.ts';

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'parts', include: ['test/**/*.test.ts'], exclude: [END_TO_END, STACK] },
      },
      {
        extends: true,
        // Loading aws-cdk-lib takes longer than the tests themselves, so it is loaded once.
        test: { name: 'stack', include: [STACK], isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'end to end',
          include: [END_TO_END],
          globalSetup: 'test/end-to-end/synthesized-app.ts',
        },
      },
    ],
  },
});
