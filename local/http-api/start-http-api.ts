import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { FinishedInvocation } from '../lambda-process.ts';
import {
  type Answer,
  type LoopbackServer,
  type LoopbackServerOptions,
  type Request,
  startLoopbackServer,
} from '../loopback-server.ts';
import { type PathParameters, route } from '../route.ts';
import { gatewayReply, toEvent, toReply } from './payload-format.ts';

export interface HttpApiOptions extends LoopbackServerOptions {
  /** Their keys. */
  readonly routes: readonly string[];
  readonly invoke: (event: object) => Promise<FinishedInvocation>;
  /** The gateway's timeout. @default - 30 seconds (API Gateway Developer Guide, "Quotas for HTTP APIs") */
  readonly timeoutMs?: number;
}

/** "Payload size: 10 MB" (API Gateway Developer Guide, "Quotas for HTTP APIs"). */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** A route that was selected for a request. */
export interface Match {
  readonly routeKey: string;
  readonly pathParameters: PathParameters;
}

/** API Gateway's HTTP API on this machine, without authorizers. It does not throttle. */
export function startHttpApi(options: HttpApiOptions): Promise<LoopbackServer> {
  const { invoke, timeoutMs = 30_000 } = options;
  const match = selection(options.routes);
  async function reply(request: Request, requestId: string): Promise<Answer> {
    if (request.body.length > MAX_BODY_BYTES) return gatewayReply(413, 'Request Entity Too Large');
    const [path = ''] = request.target.split('?');
    if (!isDecodable(path)) return gatewayReply(400, 'Bad Request');
    const matched = match(request.method, path);
    if (matched === undefined) return gatewayReply(404, 'Not Found');
    const invoked = invoke(toEvent(request, matched, requestId)).then(({ result }) => toReply(result));
    const timeout = setTimeout(timeoutMs, gatewayReply(503, 'Service Unavailable'), { ref: false });
    return Promise.race([invoked, timeout]);
  }
  return startLoopbackServer(options, async (request) => {
    const requestId = randomUUID();
    const { headers, ...answer } = await reply(request, requestId);
    return { answer: { ...answer, headers: { ...headers, 'apigw-requestid': requestId } } };
  });
}

/**
 * Selects a route: "1. Full match for a route and method. … 3. The `$default` route." (API Gateway Developer Guide, "Create
 * routes for HTTP APIs"). A literal path goes before a path variable. Greedy variables and `ANY` are not supported.
 */
function selection(routeKeys: readonly string[]): (method: string, path: string) => Match | undefined {
  const isDefault = (key: string) => key === '$default';
  const vagueness = (key: string) => (isDefault(key) ? Number.POSITIVE_INFINITY : key.split('{').length);
  const matchers = routeKeys
    .toSorted((a, b) => vagueness(a) - vagueness(b))
    .map((key) => ({ key, match: isDefault(key) ? () => ({}) : route(key.replaceAll(/\{(\w+)\}/g, ':$1')) }));
  return (method, path) => {
    for (const { key, match } of matchers) {
      const pathParameters = match(method, path);
      if (pathParameters !== undefined) return { routeKey: key, pathParameters };
    }
    return undefined;
  };
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
