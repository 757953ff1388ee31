import type { IncomingHttpHeaders } from 'node:http';
import * as v from 'valibot';
import type { HttpExchange } from '../../lambda/core/blink/http-exchange.ts';
import { jsonIn } from '../../lambda/core/blink/json-in.ts';

/** Passes each request on, and shows it with its answer, without ids, tokens or other external text. */
export function shownExchange(exchange: HttpExchange, show: (text: string) => void): HttpExchange {
  return async (request) => {
    const startedAtMs = performance.now();
    const end = await exchange(request);
    const ms = `${Math.round(performance.now() - startedAtMs)} ms`;
    const words = end.status === undefined ? [end.progress] : [end.status, ...codesIn(end.text)];
    show(`  ${request.method} ${withoutIds(request.url)}\n    ${[...words, ms].join(', ')}`);
    const headers = end.status === undefined ? [] : namesOf(end.headers);
    if (headers.length > 0) show(`    headers: ${headers.join(', ')}`);
    return end;
  };
}

/** Host and path. */
function withoutIds({ hostname, pathname }: URL): string {
  const host = hostname.replace(/^rest-[a-z0-9]+\./, 'rest-{tier}.');
  return host + pathname.replaceAll(/\/\d+(?=\/|$)/g, '/{id}');
}

/** A name that could contain an id is replaced. */
function namesOf(headers: IncomingHttpHeaders): readonly string[] {
  const isPlain = (name: string) => /^[a-z]+\d{0,2}(-[a-z]+\d{0,2})*$/.test(name) && name.length <= 40;
  return [...new Set(Object.keys(headers).map((name) => (isPlain(name) ? name : '(other)')))];
}

/** Blink's own code, such as 101, or the error of RFC 6749 section 5.2. */
const codeSchema = v.union([
  v.object({ code: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(9_999)) }),
  v.object({
    error: v.picklist([
      'invalid_request',
      'invalid_client',
      'invalid_grant',
      'unauthorized_client',
      'unsupported_grant_type',
      'invalid_scope',
    ]),
  }),
]);

function codesIn(text: string): readonly string[] {
  return Object.values(jsonIn(text, codeSchema) ?? {}).map((code) => `code ${code}`);
}
