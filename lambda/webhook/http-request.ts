import * as v from 'valibot';
import { type Command, parseCommand } from '../command.ts';
import { Failure } from '../failure.ts';
import { LOGOUT_PATHS, SESSION_PARAMETER } from './routes.ts';

export interface HttpRequest {
  readonly method: string;
  /** The route that API Gateway selected, such as `POST /logout`. */
  readonly routeKey: string;
  /** Decoded by API Gateway. */
  readonly pathParameters: Readonly<Record<string, string>>;
  /** As the caller sent it: it may begin with a stage. */
  readonly rawPath: string;
  readonly query: string;
  /** Names in lower case; repeated headers joined by a comma, as the gateway does. */
  readonly headers: ReadonlyMap<string, string>;
  /** The bytes that were sent; `undecodable` where the gateway's base64 is none. */
  readonly body: Buffer | 'undecodable';
}

/** The event of an HTTP API, payload format 2.0 (API Gateway Developer Guide, "Lambda proxy integrations for HTTP APIs"). */
export const httpRequestSchema = v.pipe(
  v.object({
    version: v.literal('2.0'),
    routeKey: v.string(),
    pathParameters: v.optional(v.record(v.string(), v.string()), {}),
    rawPath: v.string(),
    rawQueryString: v.optional(v.string(), ''),
    headers: v.optional(v.record(v.string(), v.string()), {}),
    body: v.optional(v.string(), ''),
    isBase64Encoded: v.optional(v.boolean(), false),
    requestContext: v.object({ http: v.object({ method: v.string() }) }),
  }),
  v.transform(
    (event): HttpRequest => ({
      method: event.requestContext.http.method,
      routeKey: event.routeKey,
      pathParameters: event.pathParameters,
      rawPath: event.rawPath,
      query: event.rawQueryString,
      headers: new Map(Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value])),
      body: event.isBase64Encoded ? fromBase64(event.body) : Buffer.from(event.body),
    }),
  ),
);

/** A webhook's body is a few fields; this leaves room for a sender that pads. */
export const MAX_BODY_BYTES = 8 * 1024;

const ROUTE_KEYS: ReadonlySet<string> = new Set(LOGOUT_PATHS.map((path) => `POST ${path}`));

/** The command of an authenticated request. */
export function commandOf(request: HttpRequest): Command {
  const { routeKey, pathParameters, query, body } = request;
  if (!ROUTE_KEYS.has(routeKey)) throw noRoute(request);
  if (query !== '') {
    throw new Failure(
      'request_invalid',
      'the query string must be empty; name the session in the path or in the body',
    );
  }
  if (body.length > MAX_BODY_BYTES) {
    throw new Failure('request_too_large', `the body is larger than ${MAX_BODY_BYTES} bytes`);
  }
  return parseCommand(parseBody(body), pathParameters[SESSION_PARAMETER]);
}

const LOGOUT_PATH_END = new RegExp(`(?:${LOGOUT_PATHS.join('|').replaceAll(/{\w+}/g, '[^/]+')})$`);

/** Whether a request to `$default` has a wrong path or only a wrong method. */
function noRoute({ method, rawPath }: HttpRequest): Failure {
  return method !== 'POST' && LOGOUT_PATH_END.test(rawPath)
    ? new Failure('method_not_allowed', 'the route accepts only POST')
    : new Failure('not_found', `the routes are ${[...ROUTE_KEYS].join(' and ')}`);
}

function parseBody(body: HttpRequest['body']): unknown {
  if (body === 'undecodable') throw new Failure('request_invalid', 'the body is not valid base64');
  if (body.length === 0) return {};
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Failure('request_invalid', 'the body is neither empty nor JSON in UTF-8');
  }
}

function fromBase64(text: string): HttpRequest['body'] {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : 'undecodable';
}
