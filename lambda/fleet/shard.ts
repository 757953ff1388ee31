import { type DurableContext, NestingType } from '@aws/durable-execution-sdk-js';
import { type Answer, blinkIs, logOutSession } from './answer.ts';
import type { Shard } from './input.ts';

/**
 * A shard is a child execution of its own. It takes two operations for each session and one more, so 1,001 of the 3,000 that
 * an execution may have (AWS Lambda Developer Guide, "Lambda quotas").
 */
export const SESSIONS_PER_SHARD = 500;

/** The circuit opens after this many. */
const CONSECUTIVE_FAILURES = 10;

export interface ShardOptions {
  readonly logoutFunction: string;
  readonly maxConcurrency: number;
}

/** Calls the logout function once for each session. `null`: not called, because Blink does not answer. */
export async function logOutShard(
  context: DurableContext,
  { shard, stopsIfBlinkIsDown }: Shard,
  { logoutFunction, maxConcurrency }: ShardOptions,
): Promise<(Answer | null)[]> {
  const answers: (Answer | undefined)[] = shard.map(() => undefined);
  const results = await context.map(
    'sessions',
    [...shard],
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
function isBlinkDown(answers: readonly (Answer | undefined)[]): boolean {
  const signs = answers.flatMap((answer) => (answer === undefined ? [] : [blinkIs(answer)]));
  const last = signs.filter((sign) => sign !== 'unknown').slice(-CONSECUTIVE_FAILURES);
  return last.length === CONSECUTIVE_FAILURES && last.every((sign) => sign === 'down');
}
