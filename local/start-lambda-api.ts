import { randomUUID } from 'node:crypto';
import { AwsError, parseJson } from './aws-json.ts';
import type { Call, DurableExecution, DurableExecutions } from './fleet/durable-executions.ts';
import type { Invocation } from './lambda-process.ts';
import {
  type Answer,
  type LoopbackServer,
  type LoopbackServerOptions,
  type Request,
  startLoopbackServer,
} from './loopback-server.ts';

export interface LambdaApiOptions extends LoopbackServerOptions {
  readonly functionName: string;
  readonly invoke: (event: unknown) => Promise<Invocation>;
  /** The name of the fleet's function, with its alias. */
  readonly fleetFunction: string;
  readonly executions: DurableExecutions;
}

/** By method and path. The captured part is decoded. */
type Route = readonly [
  RegExp,
  (options: LambdaApiOptions, captured: string, request: Request) => Promise<Answer>,
];

const ROUTES: readonly Route[] = [
  [/^POST \/2015-03-31\/functions\/([^/]+)\/invocations/, invoke],
  [
    /^GET \/2025-12-01\/functions\/([^/]+)\/durable-executions/,
    async ({ executions }) =>
      json(200, { DurableExecutions: executions.all.filter(hasEnded).map(described) }),
  ],
  [
    /^GET \/2025-12-01\/durable-executions\/([^/]+)\/history/,
    async ({ executions }, arn) => json(200, { Events: executions.find(arn).calls.flatMap(eventsOf) }),
  ],
  [
    /^GET \/2025-12-01\/durable-executions\/([^/?]+)$/,
    async ({ executions }, arn) => json(200, described(executions.find(arn))),
  ],
];

/**
 * Lambda's API (AWS Lambda API Reference) for `aws lambda`, the commands and the fleet. The logout function is invoked
 * synchronously, and without the log; the fleet asynchronously. Histories have the calls alone.
 */
export function startLambdaApi(options: LambdaApiOptions): Promise<LoopbackServer> {
  return startLoopbackServer(options, async (request) => {
    for (const [pattern, respond] of ROUTES) {
      const [, captured] = pattern.exec(`${request.method} ${request.target}`) ?? [];
      if (captured === undefined) continue;
      try {
        return { answer: await respond(options, decodeURIComponent(captured), request) };
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        return { answer: refusal(error.name === 'ResourceNotFoundException' ? 404 : 409, error.name) };
      }
    }
    return { answer: refusal(404, 'ResourceNotFoundException') };
  });
}

async function invoke(options: LambdaApiOptions, functionName: string, request: Request): Promise<Answer> {
  const { headers, body } = request;
  const event = parseJson(body.toString() || '{}');
  if (event === undefined) return refusal(400, 'InvalidRequestContentException');
  if (functionName === options.fleetFunction) {
    if (headers['x-amz-invocation-type'] !== 'Event') return refusal(400, 'InvalidParameterValueException');
    const name = headers['x-amz-durable-execution-name'];
    const { arn } = options.executions.start(JSON.stringify(event), name?.toString());
    return json(202, undefined, { 'x-amz-durable-execution-arn': arn });
  }
  if (functionName !== options.functionName) return refusal(404, 'ResourceNotFoundException');
  const { result } = await options.invoke(event);
  return result.kind === 'returned'
    ? json(200, result.payload)
    : json(200, result.error, { 'x-amz-function-error': 'Unhandled' });
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

function refusal(status: number, type: string): Answer {
  return json(status, { Type: 'User', Message: type }, { 'x-amzn-errortype': type });
}

function json(status: number, value: unknown, headers: Answer['headers'] = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...headers },
    body: value === undefined ? '' : JSON.stringify(value),
  };
}
