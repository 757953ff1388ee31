import { type DurableContext, NestingType } from '@aws/durable-execution-sdk-js';
import type { FleetAnswer } from '../core/fleet-call.ts';
import type { Shard } from './input.ts';
import { blinkIs, logOutSession } from './log-out-session.ts';

/**
 * A shard is a child execution of its own. It takes two operations for each session and one more, so 1,001 of the 3,000 that
 * an execution may have (AWS Lambda Developer Guide, "Lambda quotas").
 */
export const SESSIONS_PER_SHARD = 500;

/** The circuit opens after this many. Answers that say nothing about Blink do not count. */
const CONSECUTIVE_FAILURES = 10;

/** `null`: not called, because Blink does not answer. */
export type ShardAnswers = readonly (FleetAnswer | null)[];

/** Calls the logout function once for each session. */
export async function logOutShard(
  context: DurableContext,
  { shard, stopsIfBlinkIsDown }: Shard,
  logoutFunction: string,
  maxConcurrency: number,
): Promise<ShardAnswers> {
  let failuresInARow = 0;
  const results = await context.map(
    'sessions',
    shard,
    async (item, session) => {
      // A step keeps its result: a replay knows the answers in another order, and must decide as before.
      const mayCall = await item.step(
        undefined,
        async () => !stopsIfBlinkIsDown || failuresInARow < CONSECUTIVE_FAILURES,
      );
      if (!mayCall) return null;
      const answer = await logOutSession(item, logoutFunction, session);
      const blink = blinkIs(answer);
      if (blink !== 'unknown') failuresInARow = blink === 'down' ? failuresInARow + 1 : 0;
      return answer;
    },
    { maxConcurrency, nesting: NestingType.FLAT },
  );
  return results.getResults();
}
