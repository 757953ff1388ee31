import type { Blink } from '../../../lambda/core/blink/blink.ts';
import { Failure } from '../../../lambda/core/failure.ts';

export interface Ids {
  readonly accountId: number | undefined;
  readonly tier: string | undefined;
  readonly clientId: string | undefined;
}

/** Looks up what Blink returns now; a logout looks up the rest. */
export async function findIds(blink: Blink, accessToken: string): Promise<Ids> {
  const account = await orMissing(() => blink.findAccount(accessToken));
  if (account === undefined) return { accountId: undefined, tier: undefined, clientId: undefined };
  return { ...account, clientId: await orMissing(() => blink.findClientId(accessToken, account)) };
}

async function orMissing<T>(find: () => Promise<T>): Promise<T | undefined> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
