import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request } from 'node:http';
import type { Connections } from '../connections/connections.ts';
import { decodedText, isWholeJson, MAX_TEXT_BYTES } from './response-text.ts';

export interface BlinkRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: string;
  /** Covers the connection, the headers and the body. */
  readonly timeoutMs: number;
  /** Asked directly before the request is written: the process may have been stopped since. @default always */
  readonly mayStillSend?: () => boolean;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The first 256 KiB. */
  readonly text: string;
  /** The text is longer, or the connection broke or the time was over before its end. */
  readonly isCut?: boolean;
}

/** The end of an exchange. Only a response has a status. */
export type ExchangeEnd = HttpResponse | ExchangeError;

/** Sends one request and returns its final response (status 200 and above). Redirects are not followed. Never throws. */
export type HttpExchange = (request: BlinkRequest) => Promise<ExchangeEnd>;

/**
 * How far an exchange got.
 * - `not_sent`: no connection (DNS, refused, TLS, timeout), or no time is left to send it. The server has not received the request.
 * - `unanswered`: the server may have processed the request.
 * - `cut_off`: the server answered 2xx, but its response is incomplete.
 */
export type Progress = 'not_sent' | 'unanswered' | 'cut_off';

/** Has the system's error code, but not its error, which may contain bytes of the response. */
export class ExchangeError extends Error {
  readonly status = undefined;
  readonly progress: Progress;
  /** The system's, such as `ECONNRESET`; `ETIMEDOUT` if the time was over. */
  readonly code: string;

  constructor(progress: Progress, code: string) {
    super(`exchange ${progress}: ${code}`);
    this.name = 'ExchangeError';
    this.progress = progress;
    this.code = code;
  }
}

/** Node's limit of 16 KiB would discard an answer with many cookies. */
const MAX_HEADER_BYTES = 64 * 1024;

export function createHttpExchange(connections: Connections): HttpExchange {
  return async ({ method, url, headers, body, timeoutMs, mayStillSend = () => true }) => {
    const outgoing = request({
      ...connections.optionsFor(url),
      method,
      path: `${url.pathname}${url.search}`,
      headers: { Host: url.host, 'Accept-Encoding': 'identity', ...headers },
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    const { promise: answered, resolve, reject } = Promise.withResolvers<IncomingMessage>();

    let progress: Progress = 'not_sent';
    outgoing.once('socket', () => {
      if (!mayStillSend()) return giveUp();
      // Even if the connection breaks at once, the server may have received the request.
      progress = 'unanswered';
      outgoing.end(body);
    });
    outgoing.once('response', resolve);
    outgoing.on('error', reject);
    // It is closed without an error when it is given up, and when the server switches protocols.
    outgoing.once('close', () => reject(new Error('closed')));

    let timedOut = false;
    const giveUp = () => {
      timedOut = true;
      outgoing.destroy();
    };
    // After a freeze, a timer fires before Node has read what has arrived. The event loop turns once more.
    const timer = setTimeout(() => setImmediate(() => setImmediate(giveUp)), timeoutMs);

    try {
      const response = await answered;
      const { statusCode: status = 0, headers: received } = response;
      // RFC 9110 section 15.2: an interim response (1xx) comes before the final one. Node.js passes on 101 only.
      if (status < 200) throw new Error('no final response');
      progress = 'cut_off';
      return { status, headers: received, ...(await readBody(response)) };
    } catch (error) {
      outgoing.destroy();
      return new ExchangeError(progress, timedOut ? 'ETIMEDOUT' : systemCode(error));
    } finally {
      clearTimeout(timer);
      connections.used();
    }
  };
}

async function readBody(response: IncomingMessage): Promise<Pick<HttpResponse, 'text' | 'isCut'>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const text = () => decodedText(Buffer.concat(chunks));
  try {
    for await (const chunk of response) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= MAX_TEXT_BYTES) return { text: text(), isCut: !isWholeJson(text()) };
    }
    return { text: text() };
  } catch (error) {
    // The status is enough for a refusal. A success needs the whole text, which may have arrived before its end was announced.
    const isCut = !isWholeJson(text());
    if (isCut && isSuccess({ status: response.statusCode })) throw error;
    return { text: text(), isCut };
  }
}

export function isSuccess({ status = 0 }: { readonly status: number | undefined }): boolean {
  return status >= 200 && status < 300;
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
