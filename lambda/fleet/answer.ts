import { type DurableContext, InvokeError } from '@aws/durable-execution-sdk-js';
import * as v from 'valibot';
import type { FailureCode } from '../core/failure-codes.ts';
import { type FleetCall, type FleetFailure, fleetAnswerSchema } from '../core/fleet-call.ts';
import type { LogoutOutcome } from '../core/outcome.ts';

/** What the logout function did with one session. */
export type Answer =
  | { readonly kind: 'logged_out' }
  /** An earlier logout ended the token. Nothing is left to log out until somebody signs in. */
  | { readonly kind: 'signed_out' }
  | ({ readonly kind: 'failed' } & FleetFailure);

const OUTCOMES = {
  logged_out: { kind: 'logged_out' },
  // The other execution that was busy with it has logged it out.
  already_logged_out: { kind: 'logged_out' },
  nothing_to_log_out: { kind: 'signed_out' },
} as const satisfies Record<LogoutOutcome['outcome'], Answer>;

/** Lambda could not run the function, or the run was ended. A later run finds what it left. */
const NO_ANSWER: Answer = { kind: 'failed', code: 'internal_error', retryable: true };

/** Calls the logout function for one session: one operation of the execution. */
export async function logOutSession(
  context: DurableContext,
  logoutFunction: string,
  session: string,
): Promise<Answer> {
  const call: FleetCall = { fleet: { session } };
  try {
    return answerOf(await context.invoke<FleetCall, unknown>(session, logoutFunction, call));
  } catch (error) {
    if (error instanceof InvokeError) return NO_ANSWER;
    throw error;
  }
}

function answerOf(value: unknown): Answer {
  const answer = v.safeParse(fleetAnswerSchema, value);
  if (!answer.success) return NO_ANSWER;
  return 'outcome' in answer.output ? OUTCOMES[answer.output.outcome] : { kind: 'failed', ...answer.output };
}

/**
 * Whether another call may succeed without a person, and after how many seconds; otherwise `undefined`. Blink's 429 is not
 * asked for again in the same execution, because Blink locks accounts. The wait that it asked for may end meanwhile.
 */
export function mayPassAfterSeconds(answer: Answer): number | undefined {
  if (answer.kind !== 'failed') return undefined;
  const mayPass = answer.retryable || answer.code === 'cooling_down';
  return mayPass ? (answer.retryAfterSeconds ?? 0) : undefined;
}

const AT_BLINKS_SIDE: readonly FailureCode[] = ['blink_unavailable', 'blink_timeout', 'rate_limited'];

/** What the answer says about Blink. Most failures say nothing, because Blink may not have been asked. */
export function blinkIs(answer: Answer): 'up' | 'down' | 'unknown' {
  if (answer.kind === 'logged_out') return 'up';
  if (answer.kind === 'signed_out') return 'unknown';
  if (AT_BLINKS_SIDE.includes(answer.code)) return 'down';
  return answer.code === 'blink_rejected' ? 'up' : 'unknown';
}
