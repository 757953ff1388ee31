import { randomUUID } from 'node:crypto';
import {
  type Event,
  GetDurableExecutionCommand,
  InvokeCommand,
  LambdaClient,
  paginateGetDurableExecutionHistory,
  paginateListDurableExecutionsByFunction,
} from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import { type FleetResult, fleetResultSchema, leftOver } from '../../lambda/core/fleet-result.ts';
import { fleetName } from '../../lambda/core/stack-name.ts';
import { FLEET_ALIAS } from '../../lambda/fleet/environment.ts';
import { executionName, STARTED } from '../../lambda/fleet/execution-names.ts';
import type { Selection } from '../../lambda/fleet/input.ts';
import type { Target } from './target.ts';

const startedSchema = v.object({ DurableExecutionArn: v.string() });
const resultSchema = v.pipe(v.string(), v.parseJson(), fleetResultSchema);

/** Without a result: the message of its error, or the status in which it ended. */
export type FleetEnd = { readonly result: FleetResult } | { readonly fault: string };

export interface FleetProgress {
  /** The sessions whose call has ended at least once. */
  readonly called: number;
  /** The execution waits for the next pass, or for Blink, until this time. */
  readonly waitsUntil: Date | undefined;
  /** `undefined` while it runs. */
  readonly end: FleetEnd | undefined;
}

/** An execution of the fleet: it goes on without this process. */
export class FleetExecution {
  readonly #client: LambdaClient;
  readonly arn: string;
  readonly #called = new Set<string>();
  /** Of the child executions, which run one after the other: those before the last have ended, and are not read again. */
  #shardsOver = 0;

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
    const end = await endOf(this.#client, this.arn);
    const events = await this.#history(this.arn);
    const shards = events.flatMap((event) => event.ChainedInvokeStartedDetails?.DurableExecutionArn ?? []);
    for (const shard of shards.slice(this.#shardsOver)) {
      for (const { Name = '' } of callsIn(await this.#history(shard))) this.#called.add(Name);
    }
    this.#shardsOver = Math.max(0, shards.length - 1);
    const waitsUntil = events.at(-1)?.WaitStartedDetails?.ScheduledEndTimestamp;
    return { end, called: this.#called.size, waitsUntil };
  }

  async #history(DurableExecutionArn: string): Promise<readonly Event[]> {
    const request = { DurableExecutionArn, IncludeExecutionData: false, MaxItems: 1000 };
    const pages = await Array.fromAsync(
      paginateGetDurableExecutionHistory({ client: this.#client }, request),
    );
    return pages.flatMap(({ Events = [] }) => Events);
  }
}

/** The calls that have ended. */
function callsIn(events: readonly Event[]): readonly Event[] {
  return events.filter(({ EventType = '' }) => /^ChainedInvoke(?!Started)/.test(EventType));
}

async function endOf(client: LambdaClient, DurableExecutionArn: string): Promise<FleetEnd | undefined> {
  const command = new GetDurableExecutionCommand({ DurableExecutionArn });
  const { Status, Result, Error: error } = await client.send(command);
  if (Status === 'RUNNING') return undefined;
  if (Status === 'SUCCEEDED') return { result: v.parse(resultSchema, Result) };
  return { fault: error?.ErrorMessage ?? `it ended as ${Status}` };
}

/** The newest are listed first. The children of an execution are executions, too, and have generated names. */
async function leftByLastExecution(client: LambdaClient, FunctionName: string): Promise<readonly string[]> {
  const request = { FunctionName, Statuses: ['SUCCEEDED' as const], MaxItems: 1000 };
  for await (const { DurableExecutions = [] } of paginateListDurableExecutionsByFunction(
    { client },
    request,
  )) {
    const last = DurableExecutions.find(({ DurableExecutionName = '' }) =>
      STARTED.test(DurableExecutionName),
    );
    if (last?.DurableExecutionArn === undefined) continue;
    const end = await endOf(client, last.DurableExecutionArn);
    return end !== undefined && 'result' in end ? leftOver(end.result) : [];
  }
  return [];
}
