import { ACCOUNT_ID, REGION } from './account.ts';
import { AwsError } from './aws-json.ts';
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

/** "Up to 3,583 bytes of base64-encoded data about the invoking client to pass to the function in the context object." */
const MAX_CONTEXT_BYTES = 3583;

/** The pattern of `FunctionName` in the API Reference. Its parts: Region, account, name, qualifier. */
const FUNCTION_NAME =
  /^(?:arn:aws[a-zA-Z-]*:lambda:(?=[a-z]))?(?:((?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?(?:(\d{12}):)?(?:function:)?([a-zA-Z0-9-_.]+)(?::(\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?$/;
/** The pattern of `Qualifier`. */
const QUALIFIER = /^(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_$]{1,128})$/;

/** "You can append a version number or alias to any of the formats": a name, a partial ARN, an ARN. */
export interface FunctionReference {
  readonly name: string;
  readonly qualifier: string | undefined;
}

/** The function that a request names. Throws if it is not in this account and Region. */
export function functionReference({ target }: Request, functionName: string): FunctionReference {
  const [, region = REGION, account = ACCOUNT_ID, name, suffix] = FUNCTION_NAME.exec(functionName) ?? [];
  if (name === undefined || (functionName === name && name.length > 64)) {
    throw constraint('functionName', functionName, `a function's name of at most 64 characters, or its ARN`);
  }
  const [given, ...others] = new URL(target, 'http://lambda').searchParams.getAll('Qualifier');
  if (given !== undefined && (others.length > 0 || !QUALIFIER.test(given))) {
    throw constraint('qualifier', given, 'a version or an alias');
  }
  if (given !== undefined && suffix !== undefined && given !== suffix) {
    throw new AwsError(
      'InvalidParameterValueException',
      'The name and the parameter have different qualifiers.',
    );
  }
  if (region !== REGION || account !== ACCOUNT_ID) throw notFound(functionName);
  return { name, qualifier: given ?? suffix };
}

/** Throws what Lambda answers in place of an invocation. No function here has tenants. */
export function invokeRequest({ headers, body }: Request, isDurable: boolean): InvokeRequest {
  const type = picked(headers['x-amz-invocation-type'], 'invocationType', TYPES, 'RequestResponse');
  const logType = picked(headers['x-amz-log-type'], 'logType', LOG_TYPES, 'None');
  const executionName = headers['x-amz-durable-execution-name']?.toString();
  if (headers['x-amz-tenant-id'] !== undefined || (executionName !== undefined && !isDurable)) {
    throw new AwsError(
      'InvalidParameterValueException',
      'The function has neither tenants nor durable executions.',
    );
  }
  requireClientContext(headers['x-amz-client-context']);
  if (body.length > MAX_BYTES[type]) {
    throw new AwsError('RequestTooLargeException', `The payload must not exceed ${MAX_BYTES[type]} bytes.`);
  }
  return {
    type,
    event: eventOf(body),
    withLog: logType === 'Tail' && type === 'RequestResponse',
    executionName,
  };
}

export function notFound(functionName: string): AwsError {
  return new AwsError('ResourceNotFoundException', `Function not found: ${functionName}`);
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

function requireClientContext(header: string | readonly string[] | undefined): void {
  if (header === undefined) return;
  const text = String(header);
  const json = /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64').toString() : '';
  if (text.length > MAX_CONTEXT_BYTES || !json.startsWith('{')) {
    throw new AwsError(
      'InvalidRequestContentException',
      'The client context must be an object as JSON in Base64.',
    );
  }
}

function picked<const T extends string>(
  header: string | readonly string[] | undefined,
  parameter: string,
  accepted: readonly T[],
  otherwise: T,
): T {
  if (header === undefined) return otherwise;
  const value = accepted.find((each) => each === header);
  if (value === undefined) throw constraint(parameter, String(header), accepted.join(', '));
  return value;
}

function constraint(parameter: string, value: string, accepted: string): AwsError {
  return new AwsError('ValidationException', `Value '${value}' at '${parameter}': expected ${accepted}.`);
}
