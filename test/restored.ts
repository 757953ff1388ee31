import { afterEach, vi } from 'vitest';

/** The files of a worker share its process: each test gives back the clock, the environment and the methods as they were. */
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});
