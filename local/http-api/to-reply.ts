import * as v from 'valibot';
import type { InvocationResult } from '../lambda-process.ts';
import type { Answer } from '../loopback-server.ts';

/** A reply that the gateway makes without the function. */
export function gatewayReply(status: number, message: string): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message }) };
}

const structuredSchema = v.object({
  statusCode: v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
  headers: v.optional(
    v.record(v.string(), v.pipe(v.union([v.string(), v.number(), v.boolean()]), v.transform(String))),
    {},
  ),
  cookies: v.optional(v.array(v.string()), []),
  body: v.optional(v.string(), ''),
  isBase64Encoded: v.optional(v.boolean(), false),
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
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.output;
  const lowerCased = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return {
    status: statusCode,
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...lowerCased,
      ...(cookies.length > 0 ? { 'set-cookie': cookies } : {}),
    },
    body: isBase64Encoded ? Buffer.from(body, 'base64') : body,
  };
}
