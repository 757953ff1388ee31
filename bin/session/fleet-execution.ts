import { randomUUID } from 'node:crypto';
import {
  GetDurableExecutionCommand,
  GetDurableExecutionHistoryCommand,
  InvokeCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import { type FleetResult, fleetResultSchema } from '../../lambda/core/fleet-result.ts';
import { fleetName } from '../../lambda/core/stack-name.ts';
import { FLEET_ALIAS } from '../../lambda/fleet/environment.ts';
import { executionName } from '../../lambda/fleet/execution-names.ts';
import type { Selection } from '../../lambda/fleet/input.ts';
import { CommandError } from './errors/command-error.ts';
import type { Target } from './target.ts';

export type ExecutionState =
  | { readonly status: 'RUNNING' | 'TIMED_OUT' | 'STOPPED' }
  | { readonly status: 'SUCCEEDED'; readonly result: FleetResult }
  | { readonly status: 'FAILED'; readonly error: string };

export interface FleetProgress {
  readonly state: ExecutionState;
  /** The sessions whose call has ended at least once. */
  readonly called: number;
  /** The execution waits for the next pass, or for Blink, until this time. */
  readonly waitsUntil?: Date;
}

const startedSchema = v.object({ DurableExecutionArn: v.string() });
const errorSchema = v.fallback(v.object({ ErrorMessage: v.string() }), { ErrorMessage: 'without a message' });

const stateSchema = v.variant('Status', [
  v.object({ Status: v.picklist(['RUNNING', 'TIMED_OUT', 'STOPPED']) }),
  v.object({
    Status: v.literal('SUCCEEDED'),
    Result: v.pipe(v.string(), v.parseJson(), fleetResultSchema),
  }),
  v.object({ Status: v.literal('FAILED'), Error: errorSchema }),
]);

/** Other events have other types. */
const eventSchema = v.object({
  EventType: v.string(),
  Name: v.optional(v.string(), ''),
  ChainedInvokeStartedDetails: v.optional(v.object({ DurableExecutionArn: v.optional(v.string()) })),
  WaitStartedDetails: v.optional(v.object({ ScheduledEndTimestamp: v.optional(v.date()) })),
});
const historySchema = v.object({
  Events: v.optional(v.array(eventSchema), []),
  NextMarker: v.optional(v.string()),
});
type HistoryEvent = v.InferOutput<typeof eventSchema>;

const CALL_ENDED = /^ChainedInvoke(?!Started)/;

/** An execution of the fleet: it goes on without this process. */
export class FleetExecution {
  readonly #client: LambdaClient;
  readonly arn: string;
  /** By the ARN of a child execution. Those that have ended are not read again. */
  readonly #shards = new Map<string, { readonly isOver: boolean; readonly sessions: readonly string[] }>();

  private constructor(client: LambdaClient, arn: string) {
    this.#client = client;
    this.arn = arn;
  }

  static async start(target: Target, sessions: Selection): Promise<FleetExecution> {
    const fleet = fleetName(target.stackName);
    const client = new LambdaClient({ ...target.clientConfig, ...endpoint(target) });
    // A repetition by the SDK starts no second execution.
    const name = executionName(fleet, 'command', randomUUID());
    try {
      const started = await client.send(
        new InvokeCommand({
          FunctionName: `${fleet}:${FLEET_ALIAS}`,
          InvocationType: 'Event',
          DurableExecutionName: name,
          Payload: JSON.stringify({ sessions }),
        }),
      );
      return new FleetExecution(client, v.parse(startedSchema, started).DurableExecutionArn);
    } catch (error) {
      client.destroy();
      if (!(error instanceof Error && error.name === 'ResourceNotFoundException')) throw error;
      throw new CommandError(
        'fleet_missing',
        `There is no function ${fleet} in ${await target.place.region()}.`,
        ['Deploy the stack: npm run deploy', 'Or name its Region: --region eu-central-1'],
        error,
      );
    }
  }

  async read(): Promise<FleetProgress> {
    const state = stateOf(
      v.parse(
        stateSchema,
        await this.#client.send(new GetDurableExecutionCommand({ DurableExecutionArn: this.arn })),
      ),
    );
    const events = await this.#history(this.arn);
    const shards = events.flatMap(
      ({ ChainedInvokeStartedDetails: details }) => details?.DurableExecutionArn ?? [],
    );
    const ended = events.filter(({ EventType }) => CALL_ENDED.test(EventType)).length;
    for (const [index, arn] of shards.entries()) {
      if (this.#shards.get(arn)?.isOver) continue;
      const calls = (await this.#history(arn)).filter(({ EventType }) => CALL_ENDED.test(EventType));
      // Shards run one after the other.
      this.#shards.set(arn, { isOver: index < ended, sessions: calls.map(({ Name }) => Name) });
    }
    const waitsUntil = events.at(-1)?.WaitStartedDetails?.ScheduledEndTimestamp;
    return {
      state,
      called: new Set([...this.#shards.values()].flatMap(({ sessions }) => sessions)).size,
      ...(waitsUntil && { waitsUntil }),
    };
  }

  close(): void {
    this.#client.destroy();
  }

  async #history(arn: string): Promise<readonly HistoryEvent[]> {
    const events: HistoryEvent[] = [];
    let marker: string | undefined;
    do {
      const page = v.parse(
        historySchema,
        await this.#client.send(
          new GetDurableExecutionHistoryCommand({
            DurableExecutionArn: arn,
            IncludeExecutionData: false,
            MaxItems: 1000,
            Marker: marker,
          }),
        ),
      );
      events.push(...page.Events);
      marker = page.NextMarker;
    } while (marker !== undefined);
    return events;
  }
}

function stateOf(execution: v.InferOutput<typeof stateSchema>): ExecutionState {
  switch (execution.Status) {
    case 'SUCCEEDED':
      return { status: 'SUCCEEDED', result: execution.Result };
    case 'FAILED':
      return { status: 'FAILED', error: execution.Error.ErrorMessage };
    default:
      return { status: execution.Status };
  }
}

function endpoint({ place }: Target): { readonly endpoint?: string } {
  return place.kind === 'local' ? { endpoint: `http://127.0.0.1:${place.ports.lambdaApi}` } : {};
}
