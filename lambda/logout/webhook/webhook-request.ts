import * as v from 'valibot';
import { Failure } from '../../core/failure.ts';
import { LOGOUT_PATHS, SESSION_PARAMETER } from '../../core/webhook-routes.ts';
import { type Command, parseCommand } from '../command.ts';

/** How a caller was authenticated. */
export type CallerProof = 'bearer' | 'signature' | 'iam';

/**
 * What API Gateway adds for a route with IAM authorization (API Gateway Developer Guide, "Create AWS Lambda proxy integrations
 * for HTTP APIs": `requestContext.authorizer`). A caller cannot set it.
 */
const iamContextSchema = v.object({ iam: v.object({ userArn: v.pipe(v.string(), v.startsWith('arn:')) }) });

/** The event of an HTTP API, payload format 2.0 (API Gateway Developer Guide, "Lambda proxy integrations for HTTP APIs"). */
export const webhookRequestSchema = v.pipe(
  v.object({
    version: v.literal('2.0'),
    routeKey: v.string(),
    pathParameters: v.nullish(v.record(v.string(), v.string()), {}),
    rawPath: v.string(),
    rawQueryString: v.nullish(v.string(), ''),
    headers: v.nullish(v.record(v.string(), v.string()), {}),
    body: v.nullish(v.string(), ''),
    isBase64Encoded: v.nullish(v.boolean(), false),
    requestContext: v.object({
      requestId: v.optional(v.string()),
      authorizer: v.fallback(v.optional(iamContextSchema), undefined),
      http: v.object({ method: v.string() }),
    }),
  }),
  v.transform(({ requestContext, rawQueryString, headers, body, isBase64Encoded, ...event }) => ({
    method: requestContext.http.method,
    /** The route that API Gateway selected, such as `POST /logout`. */
    routeKey: event.routeKey,
    /** Decoded by API Gateway. */
    pathParameters: event.pathParameters,
    /** As the caller sent it. May begin with a stage. */
    rawPath: event.rawPath,
    query: rawQueryString,
    /** Names in lower case. API Gateway joins repeated headers by a comma. */
    headers: new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
    /** API Gateway has authenticated this IAM principal. */
    principalArn: requestContext.authorizer?.iam.userArn,
    /** API Gateway's id of the request, as in its access log. */
    gatewayRequestId: requestContext.requestId,
  })),
);

export type WebhookRequest = v.InferOutput<typeof webhookRequestSchema>;

/** A webhook's body has a few fields. The limit leaves room for senders that add padding. */
export const MAX_BODY_BYTES = 8 * 1024;

const ROUTE_KEYS: ReadonlySet<string> = new Set(LOGOUT_PATHS.map((path) => `POST ${path}`));

/**
 * The command of an authenticated request.
 * @param proof a signature covers only the body, so a signed body must also name the session of the path
 */
export function commandOf(request: WebhookRequest, proof: CallerProof): Command {
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
  const fields = commandFields(parseBody(body));
  const command = parseCommand(fields, pathParameters[SESSION_PARAMETER]);
  if (proof === 'signature' && parseCommand(fields).session !== command.session) {
    throw new Failure('request_invalid', 'the signed body must name the session that the path names');
  }
  return command;
}

/** The payload that Standard Webhooks recommends: its `data` is the command. */
const recommendedPayloadSchema = v.strictObject({
  type: v.string(),
  timestamp: v.string(),
  data: v.unknown(),
});

function commandFields(body: unknown): unknown {
  const payload = v.safeParse(recommendedPayloadSchema, body);
  return payload.success ? payload.output.data : body;
}

const LOGOUT_PATH_END = new RegExp(`(?:${LOGOUT_PATHS.join('|').replaceAll(/{\w+}/g, '[^/]+')})$`);

/** Whether a request to `$default` has a wrong path or only a wrong method. */
function noRoute({ method, rawPath }: WebhookRequest): Failure {
  return method !== 'POST' && LOGOUT_PATH_END.test(rawPath)
    ? new Failure('method_not_allowed', 'the route accepts only POST')
    : new Failure('not_found', `the routes are ${[...ROUTE_KEYS].join(' and ')}`);
}

function parseBody(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Failure('request_invalid', 'the body is neither empty nor JSON in UTF-8');
  }
}
