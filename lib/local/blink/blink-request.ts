import type { IncomingHttpHeaders } from 'node:http';
import type { Request } from '../loopback-server.ts';

/** A request as the stand-in's pages see it. */
export interface BlinkRequest {
  readonly method: string;
  /** Without a port. */
  readonly host: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** Empty where the body is not a form. */
  readonly form: Readonly<Record<string, string>>;
  readonly body: string;
}

const FORM = /^application\/x-www-form-urlencoded\b/;

export function blinkRequest({ method, target, headers, body: bytes }: Request): BlinkRequest {
  const { pathname, searchParams } = new URL(target, 'http://stand-in');
  const body = bytes.toString();
  const isForm = FORM.test(headers['content-type'] ?? '');
  return {
    method,
    host: (headers.host ?? '').replace(/:\d+$/, '').toLowerCase(),
    path: pathname,
    query: once(searchParams),
    headers,
    form: isForm ? once(new URLSearchParams(body)) : {},
    body,
  };
}

/** A field that comes twice is given a value that no schema takes. */
function once(parameters: URLSearchParams): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...parameters].map(([name, value]) => [name, parameters.getAll(name).length === 1 ? value : '']),
  );
}
