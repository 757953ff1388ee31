import { randomUUID } from 'node:crypto';
import type { Route } from '../deployment.ts';
import type { FinishedInvocation } from '../lambda-process.ts';
import {
  type Answer,
  type LoopbackServer,
  type LoopbackServerOptions,
  type Request,
  startLoopbackServer,
} from '../loopback-server.ts';
import { matchRoute } from './match-route.ts';
import { toEvent } from './to-event.ts';
import { gatewayReply, toReply } from './to-reply.ts';

export interface HttpApiOptions extends LoopbackServerOptions {
  readonly routes: readonly Route[];
  readonly invoke: (event: object) => Promise<FinishedInvocation>;
}

/** "Payload size: 10 MB" (API Gateway Developer Guide, "Quotas for HTTP APIs"). */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** API Gateway's HTTP API on this machine. It does not throttle. */
export function startHttpApi(options: HttpApiOptions): Promise<LoopbackServer> {
  return startLoopbackServer(options, async (request) => {
    const requestId = randomUUID();
    const { headers, ...answer } = await reply(request, requestId, options);
    return { answer: { ...answer, headers: { ...headers, 'apigw-requestid': requestId } } };
  });
}

async function reply(
  request: Request,
  requestId: string,
  { routes, invoke }: HttpApiOptions,
): Promise<Answer> {
  if (request.body.length > MAX_BODY_BYTES) return gatewayReply(413, 'Request Entity Too Large');
  const [path = ''] = request.target.split('?');
  if (!isDecodable(path)) return gatewayReply(400, 'Bad Request');
  const match = matchRoute(routes, request.method, path);
  if (match === undefined) return gatewayReply(404, 'Not Found');
  if (match.route.authorization === 'AWS_IAM' && !isSigned(request)) return gatewayReply(403, 'Forbidden');
  const timeout = Promise.withResolvers<'timed out'>();
  const timer = setTimeout(() => timeout.resolve('timed out'), match.route.timeoutMs);
  const event = toEvent(request, { ...match, path, requestId });
  const invocation = await Promise.race([invoke(event), timeout.promise]);
  clearTimeout(timer);
  return invocation === 'timed out' ? gatewayReply(503, 'Service Unavailable') : toReply(invocation.result);
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
