import { ACCOUNT_ID, REGION } from './account.ts';
import { AwsError } from './aws-error.ts';
import type { Call, DurableExecution, DurableExecutions } from './fleet/durable-executions.ts';
import type { Invoke } from './lambda-process.ts';
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
  readonly invoke: Invoke;
  readonly executions: DurableExecutions;
}

type Respond = (options: LambdaApiOptions, named: string, request: Request) => Answer | Promise<Answer>;

/** The functions and executions are named by the path. */
const ROUTES: readonly (readonly [ReturnType<typeof route>, Respond])[] = [
  [route('POST /2015-03-31/functions/:named/invocations'), invoke],
  [
    route('GET /2025-12-01/functions/:named/durable-executions'),
    ({ executions }) => json(200, { DurableExecutions: executions.all.filter(hasEnded).map(described) }),
  ],
  [
    route('GET /2025-12-01/durable-executions/:named/history'),
    ({ executions }, arn) => json(200, { Events: executions.find(arn).calls.flatMap(eventsOf) }),
  ],
  [
    route('GET /2025-12-01/durable-executions/:named'),
    ({ executions }, arn) => json(200, described(executions.find(arn))),
  ],
];

/**
 * Lambda's API (AWS Lambda API Reference) for `aws lambda`, the commands and the fleet. The logout function is only
 * invoked synchronously, the fleet only asynchronously. Histories have the calls alone.
 */
export function startLambdaApi(options: LambdaApiOptions): Promise<LoopbackServer> {
  return startLoopbackServer(options, async (request) => ({
    answer: await answer(options, request).catch(refusal),
  }));
}

async function answer(options: LambdaApiOptions, request: Request): Promise<Answer> {
  for (const [match, respond] of ROUTES) {
    const parameters = match(request.method, request.target);
    if (parameters !== undefined) return respond(options, parameters['named'] ?? '', request);
  }
  const operation = `${request.method} ${request.target}`;
  throw new AwsError('UnknownOperationException', `Not available here: ${operation}`);
}

async function invoke(options: LambdaApiOptions, reference: string, request: Request): Promise<Answer> {
  const { functionName, invoke, executions } = options;
  const { headers, body } = request;
  const named = nameIn(reference, request);
  const type = headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (headers['x-amz-log-type'] === 'Tail') {
    throw new AwsError('InvalidParameterValueException', 'Not available here: the end of the log');
  }
  if (named === executions.functionName && type === 'Event') {
    const name = headers['x-amz-durable-execution-name']?.toString();
    const { arn } = executions.start(JSON.stringify(eventIn(body)), name);
    return json(202, undefined, { 'x-amz-durable-execution-arn': arn });
  }
  if (named === functionName && type === 'RequestResponse') {
    const { result } = await invoke(eventIn(body));
    return result.kind === 'returned'
      ? json(200, result.payload)
      : json(200, result.error, { 'x-amz-function-error': 'Unhandled' });
  }
  if (named !== functionName && named !== executions.functionName) {
    throw new AwsError('ResourceNotFoundException', `Function not found: ${named}`);
  }
  throw new AwsError('InvalidParameterValueException', `Not available here: the invocation type ${type}`);
}

const BEFORE_NAME = new RegExp(`^(arn:aws:lambda:${REGION}:)?${ACCOUNT_ID}:function:`);

/** Callers may write an ARN or the end of one, and a version or an alias, there or in the query (API Reference, "Invoke"). */
function nameIn(reference: string, { target }: Request): string {
  const qualifier = new URL(target, 'http://lambda').searchParams.get('Qualifier');
  const qualified = qualifier === null ? reference : `${reference}:${qualifier}`;
  return qualified.replace(BEFORE_NAME, '').replace(/:\$LATEST$/, '');
}

/** Without a payload, a function receives an empty object. */
function eventIn(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse the request body as JSON.');
  }
}

function hasEnded({ end }: DurableExecution): boolean {
  return end !== undefined;
}

function described({ arn, name, startedAtMs, end }: DurableExecution): object {
  const started = {
    DurableExecutionArn: arn,
    DurableExecutionName: name,
    StartTimestamp: startedAtMs / 1000,
  };
  if (end === undefined) return { ...started, Status: 'RUNNING' };
  const ended = { ...started, EndTimestamp: end.atMs / 1000 };
  return end.kind === 'returned'
    ? { ...ended, Status: 'SUCCEEDED', Result: JSON.stringify(end.payload) }
    : { ...ended, Status: 'FAILED', Error: { ErrorMessage: end.error.errorMessage } };
}

function eventsOf({ name, startedAtMs, executionArn, end }: Call): readonly object[] {
  const started = {
    EventType: 'ChainedInvokeStarted',
    Name: name,
    EventTimestamp: startedAtMs / 1000,
    ChainedInvokeStartedDetails: { DurableExecutionArn: executionArn },
  };
  if (end === undefined) return [started];
  const EventType = end.kind === 'returned' ? 'ChainedInvokeSucceeded' : 'ChainedInvokeFailed';
  return [started, { EventType, Name: name, EventTimestamp: end.atMs / 1000 }];
}

/** The statuses in the API Reference; all others are 400. */
const STATUS: Readonly<Record<string, number>> = {
  ResourceNotFoundException: 404,
  UnknownOperationException: 404,
  DurableExecutionAlreadyStartedException: 409,
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
    headers: { 'content-type': 'application/json', ...headers },
    body: value === undefined ? '' : JSON.stringify(value),
  };
}
