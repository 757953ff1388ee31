import type { Answer } from '../loopback-server.ts';

export function json(status: number, body: unknown, headers: Answer['headers'] = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  };
}

export function text(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/plain' }, body };
}

export function html(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
}

export function redirect(location: string, headers: Answer['headers'] = {}): Answer {
  return { status: 302, headers: { location, ...headers }, body: '' };
}

/** The edge's answer to a client that it blocks (observed in several clients). */
export const NOT_ACCEPTABLE: Answer = text(406, 'Not Acceptable');

export const UNAUTHORIZED: Answer = json(401, { message: 'Unauthorized Access', code: 101 });

export const NOT_FOUND: Answer = json(404, { message: 'Not Found', code: 404 });

/** An error of RFC 6749, section 5.2. */
export function oauthError(status: number, error: string): Answer {
  return json(status, { error, error_description: `stand-in: ${error}` });
}
