import { defineConfig } from 'vitest/config';

const END_TO_END = 'test/end-to-end/**/*.test.ts';

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'parts', include: ['test/**/*.test.ts'], exclude: [END_TO_END] } },
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
