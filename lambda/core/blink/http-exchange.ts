import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { addressOf, blinkConnections, isPlain } from '../connections/blink-connections.ts';
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
  /** Of an error: its text is longer, or the connection broke or the time was over before its end. */
  readonly isCut?: true;
}

/**
 * Sends one request and returns its final response (status 200 and above). Redirects are not followed.
 * @throws {ExchangeError} and no other error
 */
export type HttpExchange = (request: BlinkRequest) => Promise<HttpResponse>;

/**
 * How far an exchange got.
 * - `not_sent`: no connection (DNS, refused, TLS, timeout). The server has not received the request.
 * - `unanswered`: the server may have processed the request.
 * - `cut_off`: the server answered 2xx, but its response is incomplete.
 */
export type Progress = 'not_sent' | 'unanswered' | 'cut_off';

/** Has the system's error code, but not its error, which may contain bytes of the response. */
export class ExchangeError extends Error {
  readonly progress: Progress;
  readonly timedOut: boolean;
  /** The system's, such as `ECONNRESET`. */
  readonly code: string;

  constructor(progress: Progress, timedOut: boolean, systemCode: string) {
    const code = timedOut ? 'ETIMEDOUT' : systemCode;
    super(`exchange ${progress}: ${code}`);
    this.code = code;
    this.name = 'ExchangeError';
    this.progress = progress;
    this.timedOut = timedOut;
  }
}

/** Node's limit of 16 KiB would discard an answer with many cookies. */
const MAX_HEADER_BYTES = 64 * 1024;

/** A connection that takes longer, the resolution of the name included, is given up. */
export const CONNECTS_WITHIN_MS = 3_000;

/**
 * @param endpoint a loopback URL that every request connects to instead of its own host. `Host` and the server name of TLS
 *   keep the name of the request's host, so that one stand-in can serve all of Blink's hosts.
 */
export function createHttpExchange(
  endpoint?: string,
  connections: Connections = blinkConnections(endpoint),
): HttpExchange {
  const plain = isPlain(endpoint);
  const send = plain ? httpRequest : httpsRequest;

  return async ({ method, url, headers, body, timeoutMs, mayStillSend = () => true }) => {
    const outgoing = send({
      ...addressOf(url, endpoint),
      method,
      path: `${url.pathname}${url.search}`,
      headers: { Host: url.host, 'Accept-Encoding': 'identity', ...headers },
      agent: connections.agent,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    const { promise: answered, resolve, reject } = Promise.withResolvers<IncomingMessage>();

    let progress: Progress = 'not_sent';
    const write = () => {
      if (!mayStillSend()) return giveUp();
      progress = 'unanswered';
      outgoing.end(body);
    };
    outgoing.once('socket', (socket) => {
      // The request is sent at once on an open connection. Even if that breaks, the server may have received the request.
      if (outgoing.reusedSocket || !socket.connecting) write();
      else socket.once(plain ? 'connect' : 'secureConnect', write);
    });

    outgoing.once('response', resolve);
    outgoing.on('error', reject);
    // When the server switches protocols, Node.js closes the connection without an error.
    outgoing.once('close', () => reject(new Error('closed')));

    let timedOut = false;
    const giveUp = () => {
      timedOut = true;
      outgoing.destroy();
      // Before there is a connection, Node.js emits neither an error nor `close`.
      reject(new Error('timeout'));
    };
    // After a freeze, a timer fires before Node has read what has arrived. The event loop turns once more.
    const timer = setTimeout(() => setImmediate(() => setImmediate(giveUp)), timeoutMs);
    const connectionTimer = setTimeout(() => {
      if (progress === 'not_sent') giveUp();
    }, CONNECTS_WITHIN_MS);

    try {
      const response = await answered;
      if (!isFinal(response)) throw new Error('no final response');
      progress = 'cut_off';
      return { status: response.statusCode ?? 0, headers: response.headers, ...(await readBody(response)) };
    } catch (error) {
      outgoing.destroy();
      throw new ExchangeError(progress, timedOut, systemCode(error));
    } finally {
      clearTimeout(timer);
      clearTimeout(connectionTimer);
      connections.used();
    }
  };
}

/** RFC 9110 section 15.2: an interim response (1xx) comes before the final one. Node.js passes on 101 only. */
function isFinal({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200;
}

async function readBody(response: IncomingMessage): Promise<Pick<HttpResponse, 'text' | 'isCut'>> {
  const status = response.statusCode ?? 0;
  const isSuccess = status >= 200 && status < 300;
  const chunks: Buffer[] = [];
  let bytes = 0;
  const text = () => decodedText(Buffer.concat(chunks), response.headers['content-encoding']);
  const cutText = () =>
    isSuccess || isWholeJson(text()) ? { text: text() } : { text: text(), isCut: true as const };
  try {
    for await (const chunk of response) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= MAX_TEXT_BYTES) return cutText();
    }
  } catch (error) {
    // The status is enough for a refusal. A success needs the whole text, which may have arrived before its end was announced.
    if (isSuccess && !isWholeJson(text())) throw error;
    return cutText();
  }
  return { text: text() };
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
