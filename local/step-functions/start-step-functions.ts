import * as v from 'valibot';
import { ACCOUNT_ID, REGION } from '../account.ts';
import {
  type Action,
  action,
  actionName,
  answerOf,
  errorAnswer,
  type Protocol,
  page,
  readRequest,
} from '../aws-json.ts';
import { type Effect, Faults } from '../faults.ts';
import { type LoopbackServer, type LoopbackServerOptions, startLoopbackServer } from '../loopback-server.ts';
import { type Execute, Executions, type MapRun, type StoredExecution } from './executions.ts';

export interface StepFunctionsOptions extends LoopbackServerOptions {
  readonly execute: Execute;
}

export interface StepFunctionsStandIn extends LoopbackServer {
  readonly executions: Executions;
  readonly faults: Faults<{ readonly action: string }>;
  /** The actions of the calls that were received. */
  readonly calls: readonly string[];
}

/** The state machine of the local run. */
export const LOCAL_STATE_MACHINE_ARN = `arn:aws:states:${REGION}:${ACCOUNT_ID}:stateMachine:local`;

const PROTOCOL: Protocol = { version: '1.0', service: 'AWSStepFunctions', errorText: 'message' };

/** Step Functions on this machine, with one state machine: AWS JSON 1.0 over HTTP, with its data in memory. */
export async function startStepFunctions({
  execute,
  ...options
}: StepFunctionsOptions): Promise<StepFunctionsStandIn> {
  const executions = new Executions(LOCAL_STATE_MACHINE_ARN, execute);
  const faults = new Faults<{ readonly action: string }>();
  const calls: string[] = [];
  const server = await startLoopbackServer(options, async (request) => {
    const name = actionName(PROTOCOL, request);
    calls.push(name);
    return faults.around({ action: name }, () =>
      answerOf(PROTOCOL, () => {
        const { run, input } = readRequest(ACTIONS, name, request);
        return run(executions, input);
      }),
    );
  });
  return {
    ...server,
    executions,
    faults,
    calls,
    async close() {
      executions.stopAll();
      await server.close();
    },
  };
}

/** An effect that answers with one of Step Functions' errors, such as ExecutionDoesNotExist. */
export function refuse(name: string, message?: string): Effect {
  return { do: 'answer', answer: errorAnswer(PROTOCOL, name, message) };
}

const paging = {
  /** "The default is 100 and the maximum allowed page size is 1000. A value of 0 uses the default." */
  maxResults: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1000)), 0),
  nextToken: v.optional(v.string()),
};

/** By their names in the AWS Step Functions API Reference, with the fields of its responses that are known here. */
const ACTIONS: Readonly<Record<string, Action<Executions>>> = {
  StartExecution: action(
    {
      stateMachineArn: v.string(),
      name: v.optional(v.pipe(v.string(), v.maxLength(80))),
      input: v.optional(v.string()),
    },
    (executions, { stateMachineArn, name, input }) => {
      const { arn, startedAtMs } = executions.start(stateMachineArn, name, input);
      return { executionArn: arn, startDate: startedAtMs / 1000 };
    },
  ),
  DescribeExecution: action({ executionArn: v.string() }, (executions, { executionArn }) => {
    const execution = executions.find(executionArn);
    return { ...listed(execution), input: execution.input, ...ending(execution) };
  }),
  ListMapRuns: action({ executionArn: v.string(), ...paging }, (executions, input) => {
    const { items, next: nextToken } = pageOf(executions.mapRuns(input.executionArn), input);
    return { mapRuns: items.map((mapRun) => listedMapRun(mapRun, executions.stateMachineArn)), nextToken };
  }),
  DescribeMapRun: action({ mapRunArn: v.string() }, (executions, { mapRunArn }) => {
    const mapRun = executions.mapRun(mapRunArn);
    const counts = countsOf(mapRun);
    return {
      ...listedMapRun(mapRun, executions.stateMachineArn),
      status: mapRun.status,
      itemCounts: counts,
      executionCounts: counts,
    };
  }),
  ListExecutions: action(
    { mapRunArn: v.string(), statusFilter: v.optional(v.string()), ...paging },
    (executions, { mapRunArn, statusFilter, ...input }) => {
      // "Results are sorted by time, with the most recent execution first."
      const fitting = executions
        .mapRun(mapRunArn)
        .children.toReversed()
        .filter((execution) => statusFilter === undefined || statusOf(execution) === statusFilter);
      const { items, next: nextToken } = pageOf(fitting, input);
      return { executions: items.map((child) => ({ ...listed(child), itemCount: 1 })), nextToken };
    },
  ),
  StopExecution: action({ executionArn: v.string() }, (executions, { executionArn }) => {
    executions.stop(executionArn);
    return { stopDate: Date.now() / 1000 };
  }),
};

function pageOf<T>(
  all: readonly T[],
  { maxResults, nextToken }: { maxResults: number; nextToken?: string | undefined },
) {
  return page(all, maxResults || 100, nextToken, 'InvalidToken');
}

function statusOf({ end }: StoredExecution): string {
  return end?.result.status ?? 'RUNNING';
}

function listed(execution: StoredExecution): object {
  const { arn, stateMachineArn, name, startedAtMs, mapRunArn, end } = execution;
  return {
    executionArn: arn,
    stateMachineArn,
    name,
    status: statusOf(execution),
    startDate: startedAtMs / 1000,
    stopDate: end && end.atMs / 1000,
    mapRunArn,
  };
}

function listedMapRun(
  { arn, executionArn, startedAtMs, stoppedAtMs }: MapRun,
  stateMachineArn: string,
): object {
  return {
    mapRunArn: arn,
    executionArn,
    stateMachineArn,
    startDate: startedAtMs / 1000,
    stopDate: stoppedAtMs && stoppedAtMs / 1000,
  };
}

/** By status. The items that have not been started are pending. */
function countsOf({ items, children }: MapRun): object {
  const count = (status: string) => children.filter((child) => statusOf(child) === status).length;
  return {
    pending: items - children.length,
    running: count('RUNNING'),
    succeeded: count('SUCCEEDED'),
    failed: count('FAILED'),
    timedOut: 0,
    aborted: count('ABORTED'),
    total: items,
    resultsWritten: 0,
  };
}

function ending({ end }: StoredExecution): object {
  if (end?.result.status === 'SUCCEEDED') return { output: JSON.stringify(end.result.output) };
  if (end?.result.status === 'FAILED') return { error: end.result.error, cause: end.result.cause };
  return {};
}
