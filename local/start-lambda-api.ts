import { randomUUID } from 'node:crypto';
import { parseJson } from './aws-json.ts';
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

/** Lambda's Invoke (AWS Lambda API Reference), for `aws lambda invoke` and the SDKs: only synchronous, and without the log. */
export function startLambdaApi({
  functionName,
  invoke,
  ...options
}: LambdaApiOptions): Promise<LoopbackServer> {
  return startLoopbackServer(options, async ({ method, target, body }) => {
    const [, name] = INVOCATIONS.exec(target) ?? [];
    if (method !== 'POST' || name !== functionName)
      return { answer: refusal(404, 'ResourceNotFoundException') };
    const event = parseJson(body.toString() || '{}');
    if (event === undefined) return { answer: refusal(400, 'InvalidRequestContentException') };
    const { result } = await invoke(event);
    return result.kind === 'returned'
      ? { answer: json(200, result.payload) }
      : { answer: json(200, result.error, { 'x-amz-function-error': 'Unhandled' }) };
  });
}

function refusal(status: number, type: string): Answer {
  return json(status, { Type: 'User', Message: type }, { 'x-amzn-errortype': type });
}

function json(status: number, value: unknown, headers: Answer['headers'] = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...headers },
    body: JSON.stringify(value),
  };
}
