import { type DurableContext, InvokeError } from '@aws/durable-execution-sdk-js';
import * as v from 'valibot';
import type { FailureCode } from '../core/failure-codes.ts';
import { type FleetAnswer, type FleetCall, fleetAnswerSchema } from '../core/fleet-call.ts';

/** Lambda could not run the function, or the run was ended. A later run finds what it left. */
const NO_ANSWER: FleetAnswer = { code: 'internal_error', retryable: true };

/** Calls the logout function for one session: one operation of the execution. */
export async function logOutSession(
  context: DurableContext,
  logoutFunction: string,
  session: string,
): Promise<FleetAnswer> {
  const call: FleetCall = { fleet: { session } };
  try {
    const answer = await context.invoke<FleetCall, unknown>(session, logoutFunction, call);
    return v.parse(v.fallback(fleetAnswerSchema, NO_ANSWER), answer);
  } catch (error) {
    if (error instanceof InvokeError) return NO_ANSWER;
    throw error;
  }
}

/**
 * Whether another call may succeed without a person, and after how many seconds; otherwise `undefined`. Blink's 429 is not
 * asked for again in the same execution, because Blink locks accounts. The wait that it asked for may end meanwhile.
 */
export function mayPassAfterSeconds(answer: FleetAnswer): number | undefined {
  if ('outcome' in answer) return undefined;
  const mayPass = answer.retryable || answer.code === 'cooling_down';
  return mayPass ? (answer.retryAfterSeconds ?? 0) : undefined;
}

const AT_BLINKS_SIDE: readonly FailureCode[] = ['blink_unavailable', 'blink_timeout', 'rate_limited'];

/** What the answer says about Blink. Most failures say nothing, because Blink may not have been asked. */
export function blinkIs(answer: FleetAnswer): 'up' | 'down' | 'unknown' {
  if ('outcome' in answer) return answer.outcome === 'nothing_to_log_out' ? 'unknown' : 'up';
  if (AT_BLINKS_SIDE.includes(answer.code)) return 'down';
  return answer.code === 'blink_rejected' ? 'up' : 'unknown';
}
