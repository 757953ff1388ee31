import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { ACCOUNT_ID } from './account.ts';
import type { Invoke } from './lambda-process.ts';
import {
  type Answer,
  type LoopbackServer,
  type LoopbackServerOptions,
  type Request,
  startLoopbackServer,
} from './loopback-server.ts';
import { type PathParameters, route } from './route.ts';

export interface HttpApiOptions extends LoopbackServerOptions {
  /** Their keys, such as `POST /logout/{session}`. No two of them match the same request, but for `$default`. */
  readonly routes: readonly string[];
  readonly invoke: Invoke;
}

/** API Gateway's HTTP API on this machine, without authorizers, quotas and its timeout. */
export function startHttpApi({ routes, invoke, ...options }: HttpApiOptions): Promise<LoopbackServer> {
  const select = selection(routes);
  async function reply(request: Request, requestId: string): Promise<Answer> {
    const [encodedPath = ''] = request.target.split('?');
    const path = decoded(encodedPath);
    if (path === undefined) return gatewayReply(400, 'Bad Request');
    const selected = select(request.method, encodedPath);
    if (selected === undefined) return gatewayReply(404, 'Not Found');
    const { result } = await invoke(toEvent(request, path, selected, requestId));
    return result.kind === 'returned' ? toReply(result.payload) : FAILED;
  }
  return startLoopbackServer(options, async (request) => {
    const requestId = randomUUID();
    const { headers, ...answer } = await reply(request, requestId);
    return { answer: { ...answer, headers: { ...headers, 'apigw-requestid': requestId } } };
  });
}

interface Selected {
  readonly routeKey: string;
  readonly pathParameters: PathParameters;
}

/**
 * Selects a route: "1. Full match for a route and method. … 3. The `$default` route." (API Gateway Developer Guide, "Create
 * routes for HTTP APIs"). Greedy variables and `ANY` are not supported.
 */
function selection(routes: readonly string[]): (method: string, path: string) => Selected | undefined {
  const matchers = routes
    .filter((routeKey) => routeKey !== '$default')
    .map((routeKey) => ({ routeKey, match: route(routeKey.replaceAll(/\{(\w+)\}/g, ':$1')) }));
  const otherwise = routes.includes('$default') ? { routeKey: '$default', pathParameters: {} } : undefined;
  return (method, path) => {
    for (const { routeKey, match } of matchers) {
      const pathParameters = match(method, path);
      if (pathParameters !== undefined) return { routeKey, pathParameters };
    }
    return otherwise;
  };
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Other bodies are sent in base64, including those without a content type (observed at HTTP APIs). */
const TEXT_TYPES = /^(text\/.*|application\/(json|xml|javascript))$/i;

/**
 * The event of payload format 2.0 (API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs"), of
 * the stage `$default`: what the function reads of it.
 */
function toEvent(
  { method, target, headers, headersDistinct, body }: Request,
  path: string,
  { routeKey, pathParameters }: Selected,
  requestId: string,
): object {
  const isText = TEXT_TYPES.test(headers['content-type']?.split(';')[0]?.trim() ?? '');
  const joined = Object.entries(headersDistinct).map(([name, values]) => [name, values?.join(',')]);
  return {
    version: '2.0',
    routeKey,
    // The path is decoded, the query is not (observed at HTTP APIs).
    rawPath: path,
    rawQueryString: /(?<=\?).*/s.exec(target)?.[0] ?? '',
    headers: Object.fromEntries(joined),
    requestContext: { accountId: ACCOUNT_ID, http: { method, path }, requestId, routeKey, stage: '$default' },
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** A reply that the gateway makes without the function. */
function gatewayReply(status: number, message: string): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message }) };
}

const FAILED = gatewayReply(500, 'Internal Server Error');

/** What the function returns. The gateway takes more: cookies, bodies in base64, and a payload that is a body alone. */
const payloadSchema = v.strictObject({
  statusCode: v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
  headers: v.record(v.string(), v.string()),
  body: v.string(),
});

function toReply(payload: unknown): Answer {
  const parsed = v.safeParse(payloadSchema, payload);
  if (!parsed.success) return FAILED;
  const { statusCode, headers, body } = parsed.output;
  return { status: statusCode, headers, body };
}
