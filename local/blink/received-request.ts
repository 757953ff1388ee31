import type { IncomingHttpHeaders } from 'node:http';
import type { Request } from '../loopback-server.ts';

/** A request to Blink. */
export interface ReceivedRequest {
  readonly method: string;
  /** Without a port. */
  readonly host: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** Empty if the body is not a form. */
  readonly form: Readonly<Record<string, string>>;
  readonly body: string;
}

const FORM = /^application\/x-www-form-urlencoded\b/;

export function receivedRequest({ method, target, headers, body: bytes }: Request): ReceivedRequest {
  const { pathname, searchParams } = new URL(target, 'http://stand-in');
  const body = bytes.toString();
  const isForm = FORM.test(headers['content-type'] ?? '');
  return {
    method,
    host: (headers.host ?? '').replace(/:\d+$/, '').toLowerCase(),
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers,
    form: isForm ? Object.fromEntries(new URLSearchParams(body)) : {},
    body,
  };
}

/** Values that popular libraries sent as hardware id. The case matters (home-assistant/core, issue 178396). */
const BLOCKED_HARDWARE_IDS = ['Blinkpy', 'Home Assistant'];

/** The edge answers with 406. */
export function isBlocked({ form, query, headers }: ReceivedRequest): boolean {
  const isHardwareBlocked = [form, query].some(({ hardware_id = '' }) =>
    BLOCKED_HARDWARE_IDS.includes(hardware_id),
  );
  return isHardwareBlocked || headers['user-agent'] === undefined;
}
