import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Route } from '../deployment.ts';
import type { FinishedInvocation } from '../lambda-process.ts';
import {
  type Answer,
  type LoopbackServer,
  type LoopbackServerOptions,
  type Request,
  startLoopbackServer,
} from '../loopback-server.ts';
import { route as matcher, type PathParameters } from '../route.ts';
import { gatewayReply, toEvent, toReply } from './payload-format.ts';

export interface HttpApiOptions extends LoopbackServerOptions {
  readonly routes: readonly Route[];
  readonly invoke: (event: object) => Promise<FinishedInvocation>;
}

/** "Payload size: 10 MB" (API Gateway Developer Guide, "Quotas for HTTP APIs"). */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** API Gateway's HTTP API on this machine. It does not throttle. */
export function startHttpApi({ routes, invoke, ...options }: HttpApiOptions): Promise<LoopbackServer> {
  const match = routesBySpecificity(routes);
  return startLoopbackServer(options, async (request) => {
    const requestId = randomUUID();
    const { headers, ...answer } = await reply(request, requestId, { match, invoke });
    return { answer: { ...answer, headers: { ...headers, 'apigw-requestid': requestId } } };
  });
}

export interface Match {
  readonly route: Route;
  readonly pathParameters: PathParameters;
}

/**
 * Selects a route: "1. Full match for a route and method. … 3. The `$default` route." (API Gateway Developer Guide, "Create
 * routes for HTTP APIs"). A literal path goes before a path variable. Greedy variables and `ANY` are not supported.
 */
function routesBySpecificity(routes: readonly Route[]) {
  const matchers = routes.map((route) => ({
    route,
    match: route.key === '$default' ? () => ({}) : matcher(route.key.replaceAll(/\{(\w+)\}/g, ':$1')),
    vagueness: route.key === '$default' ? Number.POSITIVE_INFINITY : route.key.split('{').length,
  }));
  matchers.sort((a, b) => a.vagueness - b.vagueness);
  return (method: string, path: string): Match | undefined => {
    for (const { route, match } of matchers) {
      const pathParameters = match(method, path);
      if (pathParameters !== undefined) return { route, pathParameters };
    }
    return undefined;
  };
}

interface Context extends Pick<HttpApiOptions, 'invoke'> {
  readonly match: ReturnType<typeof routesBySpecificity>;
}

async function reply(request: Request, requestId: string, { match, invoke }: Context): Promise<Answer> {
  if (request.body.length > MAX_BODY_BYTES) return gatewayReply(413, 'Request Entity Too Large');
  const [path = ''] = request.target.split('?');
  if (!isDecodable(path)) return gatewayReply(400, 'Bad Request');
  const matched = match(request.method, path);
  if (matched === undefined) return gatewayReply(404, 'Not Found');
  if (matched.route.authorization === 'AWS_IAM' && !isSigned(request)) return gatewayReply(403, 'Forbidden');
  const invoked = invoke(toEvent(request, matched, requestId)).then(({ result }) => toReply(result));
  const timeout = setTimeout(matched.route.timeoutMs, gatewayReply(503, 'Service Unavailable'), {
    ref: false,
  });
  return Promise.race([invoked, timeout]);
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** The signature is not verified: the caller's secret key is not known here. */
function isSigned({ headers }: Request): boolean {
  return headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') ?? false;
}
