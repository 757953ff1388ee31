import * as v from 'valibot';
import { type Command, parseCommand } from '../command.ts';
import { Failure } from '../failure.ts';

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
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
      path: event.rawPath,
      query: event.rawQueryString,
      headers: new Map(Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value])),
      body: event.isBase64Encoded ? fromBase64(event.body) : Buffer.from(event.body),
    }),
  ),
);

/** A webhook's body is a few fields; this leaves room for a sender that pads. */
export const MAX_BODY_BYTES = 8 * 1024;

const ROUTE = /^\/logout(?:\/([^/]+))?$/;

/** The command of a request whose caller is known already: `POST /logout` or `POST /logout/{session}`. */
export function commandOf({ method, path, query, body }: HttpRequest): Command {
  const route = ROUTE.exec(path);
  if (!route) throw new Failure('not_found', 'the routes are POST /logout and POST /logout/{session}');
  if (method !== 'POST') throw new Failure('method_not_allowed', 'the route takes POST alone');
  if (query !== '') {
    throw new Failure('request_invalid', 'no query is read; name the session in the path or in the body');
  }
  if (body.length > MAX_BODY_BYTES) {
    throw new Failure('request_too_large', `the body may have ${MAX_BODY_BYTES} bytes at the most`);
  }
  return parseCommand(parseBody(body), route[1]);
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
