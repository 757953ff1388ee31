import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { fleetName } from '../core/stack-name.ts';
import { executionName } from './execution-names.ts';
import { type FleetPorts, logOutFleet } from './fleet.ts';
import { parseFleetInput } from './input.ts';
import { logOutShard } from './shard.ts';

/** Handles one event of the fleet's function. */
export async function runFleet(ports: FleetPorts, event: unknown, context: DurableContext): Promise<unknown> {
  const { place, maxConcurrency, start } = ports;
  const input = parseFleetInput(event);
  if ('shard' in input) return logOutShard(context, input, place.stack, maxConcurrency);
  const { sessions, scheduledAt } = input;
  if (scheduledAt === undefined) return logOutFleet(ports, context, sessions);
  // The schedule cannot name an execution, and it may deliver its event more than once.
  const name = executionName(fleetName(place.stack), 'scheduled', scheduledAt);
  await context.step('start', () => start(name, sessions));
  return { started: name };
}
