import { type DurableContext, NestingType } from '@aws/durable-execution-sdk-js';
import type { FleetAnswer } from '../core/fleet-call.ts';
import type { Shard } from './input.ts';
import { blinkIs, logOutSession } from './log-out-session.ts';

/**
 * A shard is a child execution of its own. It takes two operations for each session and one more, so 1,001 of the 3,000 that
 * an execution may have (AWS Lambda Developer Guide, "Lambda quotas").
 */
export const SESSIONS_PER_SHARD = 500;

/** The circuit opens after this many. */
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
  const answers: (FleetAnswer | undefined)[] = shard.map(() => undefined);
  const results = await context.map(
    'sessions',
    shard,
    async (item, session, index) => {
      // A step keeps its result: a replay knows the answers in another order, and must decide as before.
      const mayCall = await item.step(undefined, async () => !(stopsIfBlinkIsDown && isBlinkDown(answers)));
      if (!mayCall) return null;
      const answer = await logOutSession(item, logoutFunction, session);
      answers[index] = answer;
      return answer;
    },
    { maxConcurrency, nesting: NestingType.FLAT },
  );
  return results.getResults();
}

/** The last ten sessions whose answers say something about Blink all failed at its side. */
function isBlinkDown(answers: readonly (FleetAnswer | undefined)[]): boolean {
  const signs = answers.flatMap((answer) => (answer === undefined ? [] : [blinkIs(answer)]));
  const last = signs.filter((sign) => sign !== 'unknown').slice(-CONSECUTIVE_FAILURES);
  return last.length === CONSECUTIVE_FAILURES && last.every((sign) => sign === 'down');
}
