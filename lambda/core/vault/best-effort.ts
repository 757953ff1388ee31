import { Failure } from '../failure.ts';

/** For writes that only save the next run a wait. Resolves to whether the write worked. */
export async function bestEffort(write: () => Promise<'moved' | 'written' | 'conflict'>): Promise<boolean> {
  try {
    return (await write()) !== 'conflict';
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}
