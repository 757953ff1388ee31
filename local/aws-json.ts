import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { Answer, Request } from './loopback-server.ts';

/** The AWS JSON protocol: the header `X-Amz-Target` names an action, and its input and output are JSON. */
export interface Protocol {
  readonly version: '1.0' | '1.1';
  /** The target's part before the action. */
  readonly service: string;
  /** The field with the text of the service's errors. */
  readonly errorText: 'message' | 'Message';
}

/** An error as AWS names it. */
export class AwsError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** Returns the output of an action for the input that was received. */
export type Action<State> = (state: State, input: unknown) => object;

/** An action whose unknown and malformed parameters are refused. */
export function action<State, S extends v.ObjectEntries>(
  entries: S,
  run: (state: State, input: v.InferOutput<v.StrictObjectSchema<S, undefined>>) => object,
): Action<State> {
  const schema = v.strictObject(entries);
  return (state, input) => {
    const parsed = v.safeParse(schema, input);
    if (parsed.success) return run(state, parsed.output);
    throw new AwsError('ValidationException', v.summarize(parsed.issues));
  };
}

export function actionName({ service }: Protocol, { headers }: Request): string {
  const [target, name = 'unknown'] = String(headers['x-amz-target']).split('.');
  return target === service ? name : 'unknown';
}

/** The action and its input. Throws if the request is not signed, or has no such action or no JSON. */
export function readRequest<State>(
  actions: Readonly<Record<string, Action<State>>>,
  name: string,
  { headers, body }: Request,
): { readonly run: Action<State>; readonly input: unknown } {
  if (!headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) {
    throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const run = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (run === undefined) throw new AwsError('UnknownOperationException', `No such operation: ${name}`);
  const input = parseJson(body.toString());
  if (input === undefined) throw new AwsError('SerializationException', 'The body is not JSON.');
  return { run, input };
}

export function answerOf(protocol: Protocol, act: () => object): Answer {
  try {
    return json(protocol, 200, act());
  } catch (error) {
    if (error instanceof AwsError) return errorAnswer(protocol, error.name, error.message);
    throw error;
  }
}

/** Errors of the layer in front of the services. Their text is in `message`. */
const IN_FRONT = new Set([
  'ThrottlingException',
  'ValidationException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'UnknownOperationException',
  'SerializationException',
]);

/** The status is 400 unless the fault is the server's. */
export function errorAnswer(protocol: Protocol, name: string, message: string = name): Answer {
  const text = IN_FRONT.has(name) ? 'message' : protocol.errorText;
  return json(protocol, name === 'InternalServiceError' ? 500 : 400, { __type: name, [text]: message });
}

/**
 * One page of a list and, if there are more items, the token of the next page. JSON leaves out an undefined token.
 * @param invalidToken the service's error for a token that it has not issued
 */
export function page<T>(
  all: readonly T[],
  size: number,
  token: string | undefined,
  invalidToken: string,
): { readonly items: readonly T[]; readonly next: string | undefined } {
  const start = token === undefined ? 0 : Number(/^from-(\d+)$/.exec(token)?.[1]);
  if (Number.isNaN(start)) throw new AwsError(invalidToken, 'The token is invalid.');
  const end = start + size;
  return { items: all.slice(start, end), next: end < all.length ? `from-${end}` : undefined };
}

/** `undefined` if it is not JSON. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function json({ version }: Protocol, status: number, body: object): Answer {
  return {
    status,
    headers: { 'content-type': `application/x-amz-json-${version}`, 'x-amzn-requestid': randomUUID() },
    body: JSON.stringify(body),
  };
}
