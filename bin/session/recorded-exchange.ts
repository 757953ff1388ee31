import * as v from 'valibot';
import { ExchangeError, type HttpExchange, type Progress } from '../../lambda/core/blink/http-exchange.ts';

/** One request to Blink and its answer, without ids, tokens or other external text. */
export interface RecordedCall {
  readonly method: string;
  /** Host and path. The tier and all ids are left out. */
  readonly url: string;
  /** Blink's HTTP status, or how far the request got. */
  readonly answer: number | Progress;
  /** Blink's own code, such as 101, or the error of RFC 6749 section 5.2. */
  readonly code?: number | string;
  readonly headers: readonly string[];
  readonly ms: number;
}

/** Passes each request on and then calls `onCall`. */
export function recordedExchange(exchange: HttpExchange, onCall: (call: RecordedCall) => void): HttpExchange {
  return async (request) => {
    const startedAtMs = performance.now();
    const record = (rest: Pick<RecordedCall, 'answer' | 'code' | 'headers'>) => {
      const ms = Math.round(performance.now() - startedAtMs);
      onCall({ method: request.method, url: withoutIds(request.url), ...rest, ms });
    };
    try {
      const response = await exchange(request);
      const code = codeIn(response.text);
      const headers = Object.keys(response.headers).map(headerName);
      record({
        answer: response.status,
        ...(code !== undefined && { code }),
        headers: [...new Set(headers)],
      });
      return response;
    } catch (error) {
      if (error instanceof ExchangeError) record({ answer: error.progress, headers: [] });
      throw error;
    }
  };
}

function withoutIds({ hostname, pathname }: URL): string {
  const host = hostname.replace(/^rest-[a-z0-9]+\./, 'rest-{tier}.');
  return host + pathname.replaceAll(/\/\d+(?=\/|$)/g, '/{id}');
}

/** A name that could contain an id is replaced. */
function headerName(name: string): string {
  return /^[a-z]+\d{0,2}(-[a-z]+\d{0,2})*$/.test(name) && name.length <= 40 ? name : '(other)';
}

const codeSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.union([
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
  ]),
);

function codeIn(text: string): number | string | undefined {
  const parsed = v.safeParse(codeSchema, text);
  if (!parsed.success) return undefined;
  return 'code' in parsed.output ? parsed.output.code : parsed.output.error;
}

/** For `--verbose`. */
export function callText({ method, url, answer, code, headers, ms }: RecordedCall): string {
  const answered = [answer, ...(code === undefined ? [] : [`code ${code}`]), `${ms} ms`].join(', ');
  const names = headers.length === 0 ? '' : `\n    headers: ${headers.join(', ')}`;
  return `  ${method} ${url}\n    ${answered}${names}`;
}
