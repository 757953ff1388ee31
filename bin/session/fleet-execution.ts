import { randomUUID } from 'node:crypto';
import {
  GetDurableExecutionCommand,
  InvokeCommand,
  LambdaClient,
  paginateGetDurableExecutionHistory,
  paginateListDurableExecutionsByFunction,
} from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import { fleetResultSchema, leftOver } from '../../lambda/core/fleet-result.ts';
import { fleetName } from '../../lambda/core/stack-name.ts';
import { FLEET_ALIAS } from '../../lambda/fleet/environment.ts';
import { executionName, STARTED } from '../../lambda/fleet/execution-names.ts';
import type { Selection } from '../../lambda/fleet/input.ts';
import type { Target } from './target.ts';

const startedSchema = v.object({ DurableExecutionArn: v.string() });
const errorSchema = v.fallback(v.object({ ErrorMessage: v.string() }), { ErrorMessage: 'without a message' });
const stateSchema = v.variant('Status', [
  v.object({ Status: v.literal('RUNNING') }),
  v.object({ Status: v.literal('TIMED_OUT') }),
  v.object({ Status: v.literal('STOPPED') }),
  v.object({
    Status: v.literal('SUCCEEDED'),
    Result: v.pipe(v.string(), v.parseJson(), fleetResultSchema),
  }),
  v.object({ Status: v.literal('FAILED'), Error: errorSchema }),
]);

const listedSchema = v.object({
  DurableExecutions: v.optional(
    v.array(v.object({ DurableExecutionArn: v.string(), DurableExecutionName: v.string() })),
    [],
  ),
});

/** Other events have other types. */
const eventSchema = v.object({
  EventType: v.string(),
  Name: v.optional(v.string(), ''),
  ChainedInvokeStartedDetails: v.optional(v.object({ DurableExecutionArn: v.optional(v.string()) })),
  WaitStartedDetails: v.optional(v.object({ ScheduledEndTimestamp: v.optional(v.date()) })),
});
const historySchema = v.object({ Events: v.optional(v.array(eventSchema), []) });

type ExecutionState = v.InferOutput<typeof stateSchema>;
export type EndedState = Exclude<ExecutionState, { Status: 'RUNNING' }>;

export interface FleetProgress {
  readonly state: ExecutionState;
  /** The sessions whose call has ended at least once. */
  readonly called: number;
  /** The execution waits for the next pass, or for Blink, until this time. */
  readonly waitsUntil: Date | undefined;
}

type HistoryEvent = v.InferOutput<typeof eventSchema>;

/** The calls that have ended. */
function callsIn(events: readonly HistoryEvent[]): readonly HistoryEvent[] {
  return events.filter(({ EventType }) => /^ChainedInvoke(?!Started)/.test(EventType));
}

/** An execution of the fleet: it goes on without this process. */
export class FleetExecution {
  readonly #client: LambdaClient;
  readonly arn: string;
  /** By the ARN of a child execution: the sessions that were called. Those that have ended are not read again. */
  readonly #shards = new Map<string, { readonly isOver: boolean; readonly sessions: readonly string[] }>();

  private constructor(client: LambdaClient, arn: string) {
    this.#client = client;
    this.arn = arn;
  }

  /** @param selection `failed`: the sessions that the last execution left */
  static async start(target: Target, selection: Selection | 'failed'): Promise<FleetExecution> {
    const { clientConfig, stackName } = target;
    const fleet = fleetName(stackName);
    const client = new LambdaClient(clientConfig);
    const sessions = selection === 'failed' ? await leftByLastExecution(client, fleet) : selection;
    const command = new InvokeCommand({
      FunctionName: `${fleet}:${FLEET_ALIAS}`,
      InvocationType: 'Event',
      // A repetition by the SDK starts no second execution.
      DurableExecutionName: executionName(fleet, 'command', randomUUID()),
      Payload: JSON.stringify({ sessions }),
    });
    const { DurableExecutionArn: arn } = v.parse(startedSchema, await client.send(command));
    return new FleetExecution(client, arn);
  }

  async read(): Promise<FleetProgress> {
    const command = new GetDurableExecutionCommand({ DurableExecutionArn: this.arn });
    const state = v.parse(stateSchema, await this.#client.send(command));
    const events = await this.#history(this.arn);
    const shards = events.flatMap((event) => event.ChainedInvokeStartedDetails?.DurableExecutionArn ?? []);
    const ended = callsIn(events).length;
    for (const [index, arn] of shards.entries()) {
      if (this.#shards.get(arn)?.isOver) continue;
      const sessions = callsIn(await this.#history(arn)).map(({ Name }) => Name);
      // Shards run one after the other.
      this.#shards.set(arn, { isOver: index < ended, sessions });
    }
    return {
      state,
      called: new Set([...this.#shards.values()].flatMap(({ sessions }) => sessions)).size,
      waitsUntil: events.at(-1)?.WaitStartedDetails?.ScheduledEndTimestamp,
    };
  }

  close(): void {
    this.#client.destroy();
  }

  async #history(DurableExecutionArn: string): Promise<readonly HistoryEvent[]> {
    const events: HistoryEvent[] = [];
    const request = { DurableExecutionArn, IncludeExecutionData: false, MaxItems: 1000 };
    for await (const page of paginateGetDurableExecutionHistory({ client: this.#client }, request)) {
      events.push(...v.parse(historySchema, page).Events);
    }
    return events;
  }
}

/** The newest are listed first. The children of an execution are executions, too, and have generated names. */
async function leftByLastExecution(client: LambdaClient, FunctionName: string): Promise<readonly string[]> {
  const request = { FunctionName, Statuses: ['SUCCEEDED' as const], MaxItems: 1000 };
  for await (const page of paginateListDurableExecutionsByFunction({ client }, request)) {
    const { DurableExecutions } = v.parse(listedSchema, page);
    const last = DurableExecutions.find((execution) => STARTED.test(execution.DurableExecutionName));
    if (last === undefined) continue;
    const { DurableExecutionArn } = last;
    const state = v.parse(
      stateSchema,
      await client.send(new GetDurableExecutionCommand({ DurableExecutionArn })),
    );
    return state.Status === 'SUCCEEDED' ? leftOver(state.Result) : [];
  }
  return [];
}
