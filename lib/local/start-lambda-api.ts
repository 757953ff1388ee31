import { randomUUID } from 'node:crypto';
import type { Invocation } from './lambda-process.ts';
import {
  type Answer,
  type LoopbackServer,
  type LoopbackServerOptions,
  startLoopbackServer,
} from './loopback-server.ts';

export interface LambdaApiOptions extends LoopbackServerOptions {
  readonly functionName: string;
  readonly invoke: (event: unknown) => Promise<Invocation>;
}

const INVOCATIONS = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

const FUNCTIONS = /^\/2015-03-31\/functions\/?$/;

/** Lambda's Invoke and ListFunctions (AWS Lambda API Reference), for `aws lambda invoke` and the SDKs. Invoke is only synchronous, and without the log. */
export function startLambdaApi({
  functionName,
  invoke,
  ...options
}: LambdaApiOptions): Promise<LoopbackServer> {
  return startLoopbackServer(options, async ({ method, target, body }) => {
    if (method === 'GET' && FUNCTIONS.test(target)) {
      return { answer: json(200, { Functions: [{ FunctionName: functionName }] }) };
    }
    const [, name] = INVOCATIONS.exec(target) ?? [];
    if (method !== 'POST' || name !== functionName)
      return { answer: refusal(404, 'ResourceNotFoundException') };
    const event = parseEvent(body.toString());
    if (event === undefined) return { answer: refusal(400, 'InvalidRequestContentException') };
    const { result } = await invoke(event.value);
    return { answer: result.kind === 'returned' ? json(200, result.payload) : failed(result.error) };
  });
}

function parseEvent(body: string): { readonly value: unknown } | undefined {
  try {
    return { value: body === '' ? {} : JSON.parse(body) };
  } catch {
    return undefined;
  }
}

function failed(error: unknown): Answer {
  const { headers, ...answer } = json(200, error);
  return { ...answer, headers: { ...headers, 'x-amz-function-error': 'Unhandled' } };
}

function refusal(status: number, type: string): Answer {
  const { headers, ...answer } = json(status, { Type: 'User', Message: type });
  return { ...answer, headers: { ...headers, 'x-amzn-errortype': type } };
}

function json(status: number, value: unknown): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID() },
    body: JSON.stringify(value),
  };
}
