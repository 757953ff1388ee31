import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { Faults } from '../faults.ts';
import { ACCOUNT_ID, REGION } from '../lambda-environment.ts';
import { type Answer, type LoopbackServer, type Request, startLoopbackServer } from '../loopback-server.ts';
import { type Execute, Executions, type MapRun, type StoredExecution } from './executions.ts';
import { StepFunctionsError, stepFunctionsErrorAnswer } from './step-functions-error.ts';

export interface StepFunctionsOptions {
  readonly execute: Execute;
  /** @default - a free port */
  readonly port?: number;
}

export interface StepFunctionsStandIn extends LoopbackServer {
  readonly executions: Executions;
  readonly faults: Faults<{ readonly action: string }>;
  /** The actions of the calls that were received. */
  readonly calls: readonly string[];
}

/** The state machine of the local run. */
export const LOCAL_STATE_MACHINE_ARN = `arn:aws:states:${REGION}:${ACCOUNT_ID}:stateMachine:local`;

/** Step Functions on this machine, with one state machine: AWS JSON 1.0 over HTTP, with its data in memory. */
export async function startStepFunctions({
  execute,
  port,
}: StepFunctionsOptions): Promise<StepFunctionsStandIn> {
  const executions = new Executions(LOCAL_STATE_MACHINE_ARN, execute);
  const faults = new Faults<{ readonly action: string }>();
  const calls: string[] = [];
  const server = await startLoopbackServer({ ...(port !== undefined && { port }) }, async (request) => {
    const [, action = 'unknown'] = TARGET.exec(String(request.headers['x-amz-target'])) ?? [];
    calls.push(action);
    return faults.around({ action }, () => answer(() => act(executions, action, request)));
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

const TARGET = /^AWSStepFunctions\.([A-Za-z]+)$/;

function act(executions: Executions, action: string, { headers, body }: Request): object {
  if (!headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) {
    throw new StepFunctionsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (run === undefined) {
    throw new StepFunctionsError('UnknownOperationException', `No such operation: ${action}`);
  }
  try {
    return run(executions, JSON.parse(body.toString()));
  } catch (error) {
    if (error instanceof v.ValiError || error instanceof SyntaxError) {
      throw new StepFunctionsError('ValidationException', error.message);
    }
    throw error;
  }
}

function answer(act: () => object): Answer {
  try {
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': randomUUID() },
      body: JSON.stringify(act()),
    };
  } catch (error) {
    if (error instanceof StepFunctionsError) return stepFunctionsErrorAnswer(error.name, error.message);
    throw error;
  }
}

const startSchema = v.object({
  stateMachineArn: v.string(),
  name: v.optional(v.pipe(v.string(), v.maxLength(80))),
  input: v.optional(v.string()),
});
const executionSchema = v.object({ executionArn: v.string() });
/** "The default is 100 and the maximum allowed page size is 1000. A value of 0 uses the default." */
const pageSchema = v.object({
  maxResults: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1000)), 0),
  nextToken: v.optional(v.string(), '0'),
});
const mapRunSchema = v.object({ mapRunArn: v.string() });
const listSchema = v.object({
  ...pageSchema.entries,
  mapRunArn: v.string(),
  statusFilter: v.optional(v.string()),
});

/** By their names in the AWS Step Functions API Reference, with the fields of its responses that are known here. */
const ACTIONS: Readonly<Record<string, (executions: Executions, input: unknown) => object>> = {
  StartExecution(executions, input) {
    const { stateMachineArn, name, input: text } = v.parse(startSchema, input);
    const { arn, startedAtMs } = executions.start(stateMachineArn, name, text);
    return { executionArn: arn, startDate: startedAtMs / 1000 };
  },
  DescribeExecution(executions, input) {
    const execution = executions.find(v.parse(executionSchema, input).executionArn);
    return { ...listed(execution), input: execution.input, ...ending(execution) };
  },
  ListMapRuns(executions, input) {
    const mapRuns = executions.mapRuns(v.parse(executionSchema, input).executionArn);
    const { items, nextToken } = page(mapRuns, input);
    return { mapRuns: items.map((mapRun) => listedMapRun(mapRun, executions.stateMachineArn)), nextToken };
  },
  DescribeMapRun(executions, input) {
    const mapRun = executions.mapRun(v.parse(mapRunSchema, input).mapRunArn);
    const counts = countsOf(mapRun);
    return {
      ...listedMapRun(mapRun, executions.stateMachineArn),
      status: mapRun.status,
      itemCounts: counts,
      executionCounts: counts,
    };
  },
  ListExecutions(executions, input) {
    const { mapRunArn, statusFilter } = v.parse(listSchema, input);
    // "Results are sorted by time, with the most recent execution first."
    const fitting = executions
      .mapRun(mapRunArn)
      .children.toReversed()
      .filter((execution) => statusFilter === undefined || statusOf(execution) === statusFilter);
    const { items, nextToken } = page(fitting, input);
    return { executions: items.map((child) => ({ ...listed(child), itemCount: 1 })), nextToken };
  },
  StopExecution(executions, input) {
    executions.stop(v.parse(executionSchema, input).executionArn);
    return { stopDate: Date.now() / 1000 };
  },
};

function page<T>(all: readonly T[], input: unknown): { items: readonly T[]; nextToken?: string } {
  const { maxResults, nextToken } = v.parse(pageSchema, input);
  const start = Number(nextToken);
  const stop = start + (maxResults || 100);
  return { items: all.slice(start, stop), ...(stop < all.length && { nextToken: String(stop) }) };
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
    ...(end !== undefined && { stopDate: end.atMs / 1000 }),
    ...(mapRunArn !== undefined && { mapRunArn }),
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
    ...(stoppedAtMs !== undefined && { stopDate: stoppedAtMs / 1000 }),
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
