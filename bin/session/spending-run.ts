import { FUNCTION_TIMEOUT_SECONDS } from '../../lambda/core/claim-life.ts';
import { endAfter } from '../../lambda/core/log-out.ts';
import { refusalFailure, spendNewest } from '../../lambda/core/spend.ts';
import type { StoredSession } from '../../lambda/core/stored-session/stored-session.ts';
import { type Deadline, realTiming } from '../../lambda/core/time.ts';
import type { Context } from './commands/command.ts';
import { CommandError } from './errors/command-error.ts';
import { AFTER_THIS_RUN } from './errors/explain.ts';
import { requireMove } from './permissions.ts';

const LIMIT_MS = FUNCTION_TIMEOUT_SECONDS * 1000;

/**
 * Runs what spends a refresh token. After the function's timeout the process exits: other runs rely on that when they take
 * over a claim. Until then a signal does not end it, as that could lose the session.
 */
export async function boundedRun<T>(
  { terminal, interruption }: Pick<Context, 'terminal' | 'interruption'>,
  work: (runEnds: Deadline) => Promise<T>,
): Promise<T> {
  const endsAtMs = realTiming.nowMs() + LIMIT_MS;
  const timer = setTimeout(() => {
    const timedOut = new CommandError(
      'timed_out',
      `Stopped: the run did not finish within ${FUNCTION_TIMEOUT_SECONDS} s.`,
      [`See the session’s condition with check, and try again in ${AFTER_THIS_RUN}.`],
    );
    terminal.failure(timedOut);
    process.exit(timedOut.exitCode);
  }, LIMIT_MS);
  try {
    return await interruption.hold(() => work({ remainingMs: () => endsAtMs - realTiming.nowMs() }));
  } finally {
    clearTimeout(timer);
  }
}

/** What requests to Blink need. The new refresh token is stored before. */
export interface Access {
  readonly accessToken: string;
  readonly stored: StoredSession;
}

/**
 * Spends the refresh token as a logout does, asks Blink with the access token, and releases the claim.
 * @param onFailure for a failure of `ask`. The new refresh token is stored by then.
 */
export function withAccess<T>(
  context: Context,
  session: string,
  ask: (access: Access) => Promise<T>,
  onFailure: (error: unknown) => T = rethrow,
): Promise<T> {
  const { vault, blink } = context.target;
  return spendingRun(context, session, async (runEnds) => {
    const spent = await spendNewest({ vault, blink, runEnds }, async () =>
      vault.claim(await vault.read(session), runEnds),
    );
    if (spent === undefined) throw new Error('a command that refreshes has claimed nothing');
    if (spent.kind === 'refused') throw refusalFailure(spent);
    const { claim, stored, versionId: savedAs } = await vault.saveToken(spent.claim, spent.grant, runEnds);
    try {
      const value = await ask({ accessToken: spent.grant.accessToken, stored });
      await vault.endClaim(claim, { what: 'saved', savedAs }, runEnds);
      return value;
    } catch (error) {
      await vault.endClaim(claim, endAfter(error, savedAs), runEnds);
      return onFailure(error);
    }
  });
}

function rethrow(error: unknown): never {
  throw error;
}

/** A bounded run, after a check that AWSCURRENT may be moved. The claim checks only that versions can be written. */
export async function spendingRun<T>(
  context: Context,
  session: string,
  work: (runEnds: Deadline) => Promise<T>,
): Promise<T> {
  const { store } = context.target;
  await requireMove(store, session, (await store.readCurrent(session)).versionId);
  return boundedRun(context, work);
}
