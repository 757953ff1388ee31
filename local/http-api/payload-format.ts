import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { ACCOUNT_ID } from '../account.ts';
import type { InvocationResult } from '../lambda-process.ts';
import type { Answer, Request } from '../loopback-server.ts';
import type { Match } from './start-http-api.ts';

/** Other bodies are sent in base64, including those without a content type (observed at HTTP APIs). */
const TEXT_TYPES = /^(text\/.*|application\/(json|xml|javascript))$/i;

/**
 * The event of payload format 2.0 (API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs"), of
 * the stage `$default`.
 */
export function toEvent(request: Request, { routeKey, pathParameters }: Match, requestId: string): object {
  const { method, target, headers, headersDistinct, body, sourceIp } = request;
  // The path is decoded, the query is not (observed at HTTP APIs).
  const [encodedPath = ''] = target.split('?');
  const path = decodeURIComponent(encodedPath);
  const query = target.slice(encodedPath.length + 1);
  const host = headers.host ?? '';
  const now = new Date();
  const isText = TEXT_TYPES.test(headers['content-type']?.split(';')[0]?.trim() ?? '');
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: query,
    ...some('cookies', headersDistinct['cookie']?.flatMap((line) => line.split(/; */)) ?? []),
    headers: {
      ...Object.fromEntries(
        Object.entries(headersDistinct)
          .filter(([name]) => name !== 'cookie' && name !== 'connection')
          .map(([name, values]) => [name, values?.join(',')]),
      ),
      'x-amzn-trace-id': `Root=1-${Math.floor(now.getTime() / 1000).toString(16)}-${randomUUID().replaceAll('-', '').slice(8)}`,
      'x-forwarded-for': sourceIp,
      'x-forwarded-port': host.split(':')[1] ?? '80',
      'x-forwarded-proto': 'http',
    },
    ...some('queryStringParameters', queryParameters(query)),
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: 'local',
      domainName: host,
      domainPrefix: 'local',
      http: {
        method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey,
      stage: '$default',
      time: commonLogTime(now),
      timeEpoch: now.getTime(),
    },
    ...some('pathParameters', pathParameters),
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** Leaves out a field whose value is empty. */
function some(name: string, value: object): object {
  return Object.keys(value).length === 0 ? {} : { [name]: value };
}

function queryParameters(query: string): Record<string, string> {
  const parameters = new URLSearchParams(query);
  return Object.fromEntries(
    [...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name).join(',')]),
  );
}

/** Such as `12/Mar/2026:19:03:58 +0000`. */
function commonLogTime(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}

/** A reply that the gateway makes without the function. */
export function gatewayReply(status: number, message: string): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message }) };
}

/** What the function returns; the gateway also takes cookies, and bodies in base64. */
const structuredSchema = v.strictObject({
  statusCode: v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
  headers: v.optional(
    v.record(v.string(), v.pipe(v.union([v.string(), v.number(), v.boolean()]), v.transform(String))),
    {},
  ),
  body: v.optional(v.string(), ''),
});

const hasStatusSchema = v.object({ statusCode: v.unknown() });

/**
 * The reply for a function's result. A result without `statusCode` is the body of a 200 with content type
 * `application/json` (API Gateway Developer Guide, "Lambda function response for format 2.0").
 */
export function toReply(result: InvocationResult): Answer {
  if (result.kind === 'failed') return gatewayReply(500, 'Internal Server Error');
  const { payload } = result;
  if (!v.is(hasStatusSchema, payload)) {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  }
  const parsed = v.safeParse(structuredSchema, payload);
  if (!parsed.success) return gatewayReply(500, 'Internal Server Error');
  const { statusCode, headers, body } = parsed.output;
  const lowerCased = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    status: statusCode,
    headers: { 'content-type': 'text/plain;charset=UTF-8', ...Object.fromEntries(lowerCased) },
    body,
  };
}
