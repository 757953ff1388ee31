import type { Failure } from '../core/failure.ts';
import { FAILURES } from '../core/failure-codes.ts';
import type { FleetFailure } from '../core/fleet-call.ts';
import type { Outcome } from '../core/outcome.ts';
import type { DurationsMs } from './report.ts';

export type Reply = Outcome & { readonly durationsMs: DurationsMs; readonly requestId: string };

/** The response of an HTTP API integration, payload format 2.0. */
export interface HttpReply {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function httpReply(reply: Reply): HttpReply {
  return { statusCode: 200, headers: headers('application/json'), body: JSON.stringify(reply) };
}

/** A failure as problem details (RFC 9457). */
export function httpProblem(failure: Failure, requestId: string): HttpReply {
  const { status, title } = FAILURES[failure.code];
  const { retryAfterSeconds: _, awsError: __, keysFault: ___, ...details } = failure.details;
  const { retryAfterSeconds } = failure;
  return {
    statusCode: status,
    headers: {
      ...headers('application/problem+json'),
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
      ...(failure.code === 'unauthenticated' && { 'www-authenticate': 'Bearer realm="blink-logout"' }),
      ...(failure.code === 'method_not_allowed' && { allow: 'POST' }),
    },
    body: JSON.stringify({
      type: `urn:blink-logout:problem:${failure.code}`,
      title,
      status,
      detail: failure.message,
      code: failure.code,
      ...details,
      retryable: failure.retryable,
      requestId,
    }),
  };
}

/** A failure as a value, for the fleet. */
export function failureValue({ code, retryable, retryAfterSeconds }: Failure): FleetFailure {
  return { code, retryable, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
}

/** The error that Lambda reports for a direct invocation: `errorType` is the code. It carries no cause. */
export function thrown({ code, message }: Failure): Error {
  const error = new Error(message);
  error.name = code;
  return error;
}

function headers(contentType: string): Readonly<Record<string, string>> {
  return { 'content-type': contentType, 'cache-control': 'no-store' };
}
