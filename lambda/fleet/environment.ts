import * as v from 'valibot';

/** A durable function is invoked by an alias or a version (AWS Lambda Developer Guide, "Invoking durable Lambda functions"). */
export const FLEET_ALIAS = 'live';

/** The environment of the fleet's function. The stack writes it. */
export const fleetEnvironmentSchema = v.object({
  /** The stack's name, which is also the name of the logout function. */
  BLINK_LOGOUT_NAME: v.string(),
  TOPIC_ARN: v.string(),
  /** Sessions that are logged out at once. */
  MAX_CONCURRENCY: v.pipe(v.string(), v.digits(), v.transform(Number)),
});

export type FleetEnvironment = v.InferInput<typeof fleetEnvironmentSchema>;
