import { ACCOUNT_ID, REGION } from './account.ts';
import { AwsError } from './aws-error.ts';
import type { Request } from './loopback-server.ts';

/** A request of Invoke (AWS Lambda API Reference, "Invoke"). */
export interface InvokeRequest {
  readonly type: (typeof TYPES)[number];
  readonly event: unknown;
  /** Whether the answer carries the end of the log. */
  readonly withLog: boolean;
  /** Of a durable execution. */
  readonly executionName: string | undefined;
}

const TYPES = ['Event', 'RequestResponse', 'DryRun'] as const;
const LOG_TYPES = ['None', 'Tail'] as const;

/** "For synchronous invocations, the maximum payload size is 6 MB. For asynchronous invocations, the maximum payload size is 1 MB." */
const MAX_BYTES = { RequestResponse: 6 * 1024 * 1024, DryRun: 6 * 1024 * 1024, Event: 1024 * 1024 } as const;

/** Headers of what the functions here do not have. */
const NOT_HERE = ['x-amz-tenant-id', 'x-amz-client-context'];
const EXECUTION_NAME = 'x-amz-durable-execution-name';

/** What stands before a function's name: nothing, or the rest of a partial ARN or of an ARN. */
const FORMATS = ['', `${ACCOUNT_ID}:function:`, `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:`];

/** "You can append a version number or alias to any of the formats." It may also be in the query. */
export function isFor(name: string, functionName: string, { target }: Request): boolean {
  const qualifier = new URL(target, 'http://lambda').searchParams.get('Qualifier');
  const isQualified = qualifier === null || functionName.endsWith(`:${qualifier}`);
  const reference = isQualified ? functionName : `${functionName}:${qualifier}`;
  return FORMATS.some((format) => reference === format + name);
}

/** Throws what Lambda answers in place of an invocation. */
export function invokeRequest({ headers, body }: Request, isDurable: boolean): InvokeRequest {
  const type = picked(headers['x-amz-invocation-type'], TYPES, 'RequestResponse');
  const logType = picked(headers['x-amz-log-type'], LOG_TYPES, 'None');
  const surplus = (isDurable ? NOT_HERE : [...NOT_HERE, EXECUTION_NAME]).find((name) => headers[name]);
  if (surplus !== undefined) {
    throw new AwsError('InvalidParameterValueException', `The function does not support ${surplus}.`);
  }
  if (body.length > MAX_BYTES[type]) {
    throw new AwsError('RequestTooLargeException', `The payload must not exceed ${MAX_BYTES[type]} bytes.`);
  }
  return {
    type,
    event: eventOf(body),
    withLog: logType === 'Tail' && type === 'RequestResponse',
    executionName: headers[EXECUTION_NAME]?.toString(),
  };
}

/** Without a payload, a function receives an empty object. */
function eventOf(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse the request body as JSON.');
  }
}

function picked<const T extends string>(
  header: string | readonly string[] | undefined,
  accepted: readonly T[],
  otherwise: T,
): T {
  if (header === undefined) return otherwise;
  const value = accepted.find((each) => each === header);
  if (value !== undefined) return value;
  throw new AwsError('ValidationException', `Value '${header}': expected ${accepted.join(', ')}.`);
}
