/**
 * The name of an execution: at most 64 characters of a-z, 0-9, - and _ (AWS Lambda API Reference, Execution). A second start
 * with the name and the input of an execution starts nothing (AWS Lambda Developer Guide, "Idempotency").
 * @param cause `scheduled` with the schedule's time, or `command` with a unique id
 */
export function executionName(fleetFunction: string, cause: 'scheduled' | 'command', id: string): string {
  const ending = `-${cause}-${id.replaceAll(/[^\w]/g, '')}`;
  return `${fleetFunction.slice(0, 64 - ending.length)}${ending}`;
}

/** Executions that were started for a set of sessions, and no children of those. */
export const STARTED = /-(scheduled|command)-\w+$/;
