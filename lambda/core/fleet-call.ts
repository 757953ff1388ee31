import * as v from 'valibot';
import { FAILURES, type FailureCode } from './failure-codes.ts';
import { LOGOUT_OUTCOMES } from './outcome.ts';
import { sessionNameSchema } from './session-name.ts';

/** The event with which the fleet invokes the logout function for one session. */
export const fleetCallSchema = v.strictObject({ fleet: v.strictObject({ session: sessionNameSchema }) });

export type FleetCall = v.InferOutput<typeof fleetCallSchema>;

/** The logout function's answer to the fleet, without the fields that the fleet does not need. */
export const fleetAnswerSchema = v.union([
  v.object({ outcome: v.picklist(LOGOUT_OUTCOMES) }),
  /** A value, because an error of an invocation carries no fields. */
  v.object({
    code: v.custom<FailureCode>((code) => typeof code === 'string' && Object.hasOwn(FAILURES, code)),
    retryable: v.boolean(),
    retryAfterSeconds: v.exactOptional(v.number()),
  }),
]);

export type FleetAnswer = v.InferOutput<typeof fleetAnswerSchema>;
export type FleetFailure = Extract<FleetAnswer, { code: unknown }>;
