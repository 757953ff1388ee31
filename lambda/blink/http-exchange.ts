import type { Agent, IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { addressOf, blinkConnections, isPlain } from '../connections/blink-connections.ts';
import type { Connections } from '../connections/connections.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: string;
  /** For all of it: connection, headers and body. */
  readonly timeoutMs: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** At most 256 KiB; what is beyond is not read. */
  readonly text: string;
}

/** One request and its response. Redirects are not followed. Throws `ExchangeError` alone. */
export type HttpExchange = (request: HttpRequest) => Promise<HttpResponse>;

/**
 * How far an exchange got.
 * - `not_sent`: no connection (DNS, refused, TLS, too slow), so the server has seen nothing.
 * - `unanswered`: the server may have processed the request.
 * - `cut_off`: the server said 2xx, but its answer did not arrive whole.
 */
export type Progress = 'not_sent' | 'unanswered' | 'cut_off';

/** Holds the system's error code and not its error, which may carry bytes of the response. */
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

const MAX_TEXT_BYTES = 256 * 1024;

/**
 * @param endpoint a loopback URL to connect to in place of every request's own host, whose name is sent all the same
 *   (`Host`, and the server name of TLS), so that one stand-in can be all of Blink's hosts
 */
export function createHttpExchange(
  endpoint?: string,
  connections: Connections<Agent> = blinkConnections(endpoint),
): HttpExchange {
  const plain = isPlain(endpoint);
  const send = plain ? httpRequest : httpsRequest;

  return async ({ method, url, headers, body, timeoutMs }) => {
    connections.closeIdle();
    const outgoing = send({
      ...addressOf(url, endpoint),
      method,
      path: `${url.pathname}${url.search}`,
      headers: { Host: url.host, ...headers },
      agent: connections.agent,
    });

    let progress: Progress = 'not_sent';
    outgoing.once('socket', (socket) => {
      // An open connection takes the request at once. If it turns out to be dead, the server may still have seen the request.
      if (outgoing.reusedSocket || !socket.connecting) progress = 'unanswered';
      else socket.once(plain ? 'connect' : 'secureConnect', () => (progress = 'unanswered'));
    });

    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      outgoing.destroy();
    }, timeoutMs);

    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        outgoing.once('response', resolve);
        outgoing.on('error', reject);
        outgoing.end(body);
      });
      progress = 'cut_off';
      return { status: response.statusCode ?? 0, headers: response.headers, text: await readText(response) };
    } catch (error) {
      throw new ExchangeError(progress, timedOut, systemCode(error));
    } finally {
      clearTimeout(timer);
    }
  };
}

async function readText(response: IncomingMessage): Promise<string> {
  const status = response.statusCode ?? 0;
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= MAX_TEXT_BYTES) break;
    }
  } catch (error) {
    // A refusal is a refusal by its status, however little of its text arrives.
    if (status >= 200 && status < 300) throw error;
  }
  return Buffer.concat(chunks).subarray(0, MAX_TEXT_BYTES).toString('utf8');
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
