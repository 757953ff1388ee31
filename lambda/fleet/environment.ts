import * as v from 'valibot';

/** A durable function is invoked by an alias or a version (AWS Lambda Developer Guide, "Invoking durable Lambda functions"). */
export const FLEET_ALIAS = 'live';

/** The environment of the fleet's function. The stack writes it; Lambda adds the function's own name. */
const environmentSchema = v.object({
  BLINK_LOGOUT_NAME: v.string(),
  LOGOUT_FUNCTION: v.string(),
  TOPIC_ARN: v.string(),
  /** Sessions that are logged out at once. */
  MAX_CONCURRENCY: v.pipe(v.string(), v.digits(), v.transform(Number)),
  AWS_LAMBDA_FUNCTION_NAME: v.string(),
});

export type FleetEnvironment = Omit<v.InferInput<typeof environmentSchema>, 'AWS_LAMBDA_FUNCTION_NAME'>;

export function readFleetEnvironment(variables: Readonly<Record<string, string | undefined>>) {
  return v.parse(environmentSchema, variables);
}
