import { coolDownAfter } from '../../lambda/blink/blink-failure.ts';
import { Failure } from '../../lambda/failure.ts';
import type { StoredSession } from '../../lambda/stored-session/stored-session.ts';
import type { Deadline } from '../../lambda/time.ts';
import type { Note } from '../../lambda/vault/session-vault.ts';
import { boundedRun } from './bounded-run.ts';
import type { Context } from './commands/command.ts';
import { CommandError } from './errors/command-error.ts';
import { requireMove } from './permissions.ts';
import { refreshAndSave } from './refresh-and-save.ts';

/** What requests to Blink need. The new refresh token is stored before. */
export interface Access {
  readonly accessToken: string;
  readonly stored: StoredSession;
}

/** Blink's answer. The session's new refresh token is stored in either case. */
export type Asked<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: Failure | CommandError };

/** Spends the refresh token as a logout does, asks Blink with the access token, and releases the claim. */
export function withAccess<T>(
  context: Context,
  session: string,
  ask: (access: Access) => Promise<T>,
): Promise<Asked<T>> {
  const { target } = context;
  return spendingRun(context, session, async (runEnds) => {
    const { saved, grant } = await refreshAndSave(target, () => target.vault.read(session), runEnds);
    const { stored } = saved.reading;
    try {
      const value = await ask({ accessToken: grant.accessToken, stored });
      await target.vault.leave(saved, runEnds);
      return { kind: 'answered', value };
    } catch (error) {
      await target.vault.leave(saved, runEnds, noteOf(error));
      if (error instanceof Failure || error instanceof CommandError) return { kind: 'failed', error };
      throw error;
    }
  });
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

/** Makes all runs wait for as long as Blink has asked for. */
function noteOf(error: unknown): Note | undefined {
  if (!(error instanceof Failure) || coolDownAfter(error) !== 'session') return undefined;
  return { kind: 'cool_down', seconds: error.details.retryAfterSeconds ?? 0 };
}
