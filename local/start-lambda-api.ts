import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { AwsError } from './aws-error.ts';
import type { Call, DurableExecution, DurableExecutions } from './fleet/durable-executions.ts';
import { invokeRequest, isFor } from './invoke-request.ts';
import type { FinishedInvocation } from './lambda-process.ts';
import {
  type Answer,
  type LoopbackServer,
  type LoopbackServerOptions,
  type Request,
  startLoopbackServer,
} from './loopback-server.ts';
import { route } from './route.ts';

export interface LambdaApiOptions extends LoopbackServerOptions {
  readonly functionName: string;
  readonly invoke: (event: unknown) => Promise<FinishedInvocation>;
  /** The name of the fleet's function, with its alias. */
  readonly fleetFunction: string;
  readonly executions: DurableExecutions;
  /** The waits between the attempts at an asynchronous event. @default - as Lambda: one minute, two minutes */
  readonly retryAfterMs?: readonly number[];
}

interface Context extends LambdaApiOptions {
  /** Aborted when the API closes: no event is tried again. */
  readonly signal: AbortSignal;
}

const LATEST = '$LATEST';

type Respond = (context: Context, named: string, request: Request) => Promise<Answer>;

/** The functions and executions are named by the path. */
const ROUTES: readonly (readonly [ReturnType<typeof route>, Respond])[] = [
  [route('POST /2015-03-31/functions/:named/invocations'), invoke],
  [
    route('GET /2025-12-01/functions/:named/durable-executions'),
    async ({ executions }) =>
      json(200, { DurableExecutions: executions.all.filter(hasEnded).map(described) }),
  ],
  [
    route('GET /2025-12-01/durable-executions/:named/history'),
    async ({ executions }, arn) => json(200, { Events: executions.find(arn).calls.flatMap(eventsOf) }),
  ],
  [
    route('GET /2025-12-01/durable-executions/:named'),
    async ({ executions }, arn) => json(200, described(executions.find(arn))),
  ],
];

/**
 * Lambda's API (AWS Lambda API Reference) for `aws lambda`, the commands and the fleet. The logout function has
 * no published version; the fleet is only invoked asynchronously. Histories have the calls alone.
 */
export async function startLambdaApi(options: LambdaApiOptions): Promise<LoopbackServer> {
  const stop = new AbortController();
  const context: Context = { ...options, signal: stop.signal };
  const server = await startLoopbackServer(options, async (request) => ({
    answer: await answer(context, request).catch(refusal),
  }));
  return {
    ...server,
    close() {
      stop.abort();
      return server.close();
    },
  };
}

async function answer(context: Context, request: Request): Promise<Answer> {
  for (const [match, respond] of ROUTES) {
    const parameters = match(request.method, request.target);
    if (parameters !== undefined) return respond(context, parameters['named'] ?? '', request);
  }
  const operation = `${request.method} ${request.target}`;
  throw new AwsError('UnknownOperationException', `Not available here: ${operation}`);
}

async function invoke(context: Context, functionName: string, request: Request): Promise<Answer> {
  const isFleet = isFor(context.fleetFunction, functionName, request);
  const { functionName: logout } = context;
  if (!isFleet && ![logout, `${logout}:${LATEST}`].some((name) => isFor(name, functionName, request))) {
    throw new AwsError('ResourceNotFoundException', `Function not found: ${functionName}`);
  }
  const { type, event, withLog, executionName } = invokeRequest(request, isFleet);
  if (type === 'DryRun') return json(204);
  if (isFleet) {
    if (type !== 'Event') {
      throw new AwsError('InvalidParameterValueException', 'The fleet is only invoked asynchronously here.');
    }
    const { arn } = context.executions.start(JSON.stringify(event), executionName);
    return json(202, undefined, { 'x-amz-durable-execution-arn': arn });
  }
  if (type === 'Event') {
    void invokeLater(context, event);
    return json(202);
  }
  const { requestId, result, output } = await context.invoke(event);
  const headers = {
    'x-amzn-requestid': requestId,
    'x-amz-executed-version': LATEST,
    ...(withLog && { 'x-amz-log-result': endOf(output) }),
  };
  return result.kind === 'returned'
    ? json(200, result.payload, headers)
    : json(200, result.error, { ...headers, 'x-amz-function-error': 'Unhandled' });
}

/**
 * "If the function returns an error, by default Lambda attempts to run it two more times, with a one-minute wait between the
 * first two attempts, and two minutes between the second and third attempts." (Developer Guide, "How Lambda handles errors
 * and retries with asynchronous invocation") Each attempt has a request id of its own here.
 */
async function invokeLater(
  { invoke, signal, retryAfterMs = [60_000, 120_000] }: Context,
  event: unknown,
): Promise<void> {
  for (const waitMs of [...retryAfterMs, undefined]) {
    const { result } = await invoke(event);
    if (result.kind === 'returned' || waitMs === undefined) return;
    await setTimeout(waitMs, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
  }
}

/** "The last 4 KB of the execution log, which is base64-encoded." The platform's own lines are not there. */
function endOf(output: readonly string[]): string {
  return Buffer.from(`${output.join('\n')}\n`)
    .subarray(-4096)
    .toString('base64');
}

function hasEnded({ end }: DurableExecution): boolean {
  return end !== undefined;
}

function described({ arn, name, startedAtMs, end }: DurableExecution): object {
  const status = end === undefined ? 'RUNNING' : 'error' in end ? 'FAILED' : 'SUCCEEDED';
  return {
    DurableExecutionArn: arn,
    DurableExecutionName: name,
    StartTimestamp: startedAtMs / 1000,
    Status: status,
    ...(end && { EndTimestamp: end.atMs / 1000 }),
    ...(end && ('error' in end ? { Error: { ErrorMessage: end.error } } : { Result: end.result })),
  };
}

function eventsOf({ name, startedAtMs, executionArn, end }: Call): readonly object[] {
  const started = {
    EventType: 'ChainedInvokeStarted',
    Name: name,
    EventTimestamp: startedAtMs / 1000,
    ChainedInvokeStartedDetails: { DurableExecutionArn: executionArn },
  };
  if (end === undefined) return [started];
  const EventType = end.kind === 'succeeded' ? 'ChainedInvokeSucceeded' : 'ChainedInvokeFailed';
  return [started, { EventType, Name: name, EventTimestamp: end.atMs / 1000 }];
}

/** The statuses in the API Reference; all others are 400. */
const STATUS: Readonly<Record<string, number>> = {
  ResourceNotFoundException: 404,
  UnknownOperationException: 404,
  DurableExecutionAlreadyStartedException: 409,
  RequestTooLargeException: 413,
};

function refusal(error: unknown): Answer {
  if (!(error instanceof AwsError)) throw error;
  const { name, message } = error;
  const text = name === 'ResourceNotFoundException' ? 'Message' : 'message';
  return json(STATUS[name] ?? 400, { Type: 'User', [text]: message }, { 'x-amzn-errortype': name });
}

function json(status: number, value?: unknown, headers: Answer['headers'] = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...headers },
    body: value === undefined ? '' : JSON.stringify(value),
  };
}
