import * as v from 'valibot';

const namesSchema = v.array(v.string());

/**
 * The result of an execution of the fleet. With 10,000 sessions that fail, and the longest names, it has 660 KB; the result
 * of an asynchronous execution may have 1 MB (AWS Lambda API Reference, GetDurableExecution).
 */
export const fleetResultSchema = v.object({
  /** Sessions for which the logout function was called, and patterns that no session matches. */
  tried: v.number(),
  loggedOut: v.number(),
  /** An earlier logout ended their tokens. Nothing is left to log out until somebody signs in. */
  signedOut: namesSchema,
  /** By the code of the last failure. */
  failed: v.record(v.string(), namesSchema),
  /** Not called, because Blink did not answer for an hour. */
  notTried: namesSchema,
  /** What lies under the prefix of the sessions' secrets and cannot be a session. */
  skipped: namesSchema,
  seconds: v.number(),
});

export type FleetResult = v.InferOutput<typeof fleetResultSchema>;

/** The sessions that a person, or another execution, should look after. */
export function leftOver({ failed, notTried }: FleetResult): readonly string[] {
  return [...Object.values(failed).flat(), ...notTried];
}
