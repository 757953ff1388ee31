import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { synthesize } from '../../local/synthesize.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The app's cloud assembly, synthesized once for all. */
    assembly: string;
  }
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'blink-logout-test-'));
  await synthesize(directory);
  provide('assembly', directory);
  return () => rm(directory, { recursive: true });
}
