import {
  GetDurableExecutionCommand,
  InvokeCommand,
  type LambdaClient,
  ListDurableExecutionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import { fleetResultSchema, leftOver } from '../core/fleet-result.ts';
import { STARTED } from './execution-names.ts';
import type { Selection } from './input.ts';
import type { Page } from './list.ts';

const NAMES_PER_PAGE = 1_000;

/** Starts an execution, unless one with this name and input was started before. */
export async function startExecution(
  client: LambdaClient,
  fleetFunction: string,
  name: string,
  sessions: Selection,
): Promise<void> {
  const command = new InvokeCommand({
    FunctionName: fleetFunction,
    InvocationType: 'Event',
    DurableExecutionName: name,
    Payload: JSON.stringify({ sessions }),
  });
  try {
    await client.send(command);
  } catch (error) {
    // It was started with other sessions: the setting has changed since.
    if (!(error instanceof Error && error.name === 'DurableExecutionAlreadyStartedException')) throw error;
  }
}

const listedSchema = v.object({
  DurableExecutions: v.optional(
    v.array(v.object({ DurableExecutionArn: v.string(), DurableExecutionName: v.string() })),
    [],
  ),
  NextMarker: v.optional(v.string()),
});
const placeSchema = v.pipe(v.string(), v.parseJson(), v.tuple([v.string(), v.number()]));
const executionSchema = v.object({ Result: v.pipe(v.string(), v.parseJson(), fleetResultSchema) });

/** The sessions that the last finished execution left, by pages. */
export async function leftByLastExecution(
  client: LambdaClient,
  functionName: string,
  from: string | undefined,
): Promise<Page> {
  const [arn, offset] =
    from === undefined
      ? ([await lastExecution(client, functionName), 0] as const)
      : v.parse(placeSchema, from);
  if (arn === undefined) return { names: [] };
  const execution = await client.send(new GetDurableExecutionCommand({ DurableExecutionArn: arn }));
  const names = leftOver(v.parse(executionSchema, execution).Result);
  const end = offset + NAMES_PER_PAGE;
  return {
    names: names.slice(offset, end),
    ...(end < names.length && { next: JSON.stringify([arn, end]) }),
  };
}

/** The newest are listed first. Executions by the CLI and the schedule have names; their children have generated ones. */
async function lastExecution(client: LambdaClient, functionName: string): Promise<string | undefined> {
  let marker: string | undefined;
  do {
    const listed = v.parse(
      listedSchema,
      await client.send(
        new ListDurableExecutionsByFunctionCommand({
          FunctionName: functionName,
          Statuses: ['SUCCEEDED'],
          MaxItems: 1000,
          Marker: marker,
        }),
      ),
    );
    const last = listed.DurableExecutions.find((execution) => STARTED.test(execution.DurableExecutionName));
    if (last !== undefined) return last.DurableExecutionArn;
    marker = listed.NextMarker;
  } while (marker !== undefined);
  return undefined;
}
