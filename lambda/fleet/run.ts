import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { executionName } from './execution-names.ts';
import { type FleetPorts, logOutFleet } from './fleet.ts';
import { parseFleetInput, type Selection } from './input.ts';
import { logOutShard } from './shard.ts';

export interface RunPorts extends FleetPorts {
  readonly maxConcurrency: number;
  /** Starts an execution, unless one with this name was started before. */
  readonly start: (name: string, sessions: Selection) => Promise<void>;
}

/** Handles one event of the fleet's function. */
export async function runFleet(ports: RunPorts, event: unknown, context: DurableContext): Promise<unknown> {
  const input = parseFleetInput(event);
  switch (input.kind) {
    case 'scheduled': {
      // The schedule cannot name an execution, and it may deliver its event more than once.
      const name = executionName(ports.functionName, 'scheduled', input.scheduledAt);
      await context.step('start', () => ports.start(name, input.sessions));
      return { started: name };
    }
    case 'start':
      return logOutFleet(ports, context, input.sessions);
    case 'shard':
      return logOutShard(context, input, ports);
  }
}
