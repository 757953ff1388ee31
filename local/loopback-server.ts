import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

export interface Request {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Each header with all its values. */
  readonly headersDistinct: NodeJS.Dict<string[]>;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer;
}

/** An answer that is sent whole, is cut off in the middle of its body, or is not sent at all. */
export type Delivery = 'destroy' | { readonly answer: Answer; readonly cutOff?: boolean };

export interface LoopbackServerOptions {
  /** @default - a free port */
  readonly port?: number | undefined;
  /** @default - plain HTTP */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export interface LoopbackServer {
  readonly url: string;
  readonly port: number;
  /** Also closes open connections. */
  close(): Promise<void>;
}

/** An HTTP server on the loopback address, which other machines cannot reach. */
export async function startLoopbackServer(
  options: LoopbackServerOptions,
  respond: (request: Request) => Promise<Delivery>,
): Promise<LoopbackServer> {
  const listener: RequestListener = async (incoming, outgoing) => {
    try {
      const { method = '', url: target = '', headers, headersDistinct } = incoming;
      const body = Buffer.concat(await incoming.toArray());
      deliver(await respond({ method, target, headers, headersDistinct, body }), outgoing);
    } catch (error) {
      if (!incoming.complete) return; // The client disconnected before the end of its request.
      console.error('stand-in:', error);
      outgoing.destroy();
    }
  };
  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${address.port}`,
    port: address.port,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function deliver(delivery: Delivery, outgoing: ServerResponse): void {
  if (delivery === 'destroy') {
    outgoing.destroy();
    return;
  }
  const { answer, cutOff } = delivery;
  const body = Buffer.from(answer.body);
  outgoing.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers)) outgoing.setHeader(name, value);
  outgoing.setHeader('content-length', body.length);
  if (!cutOff) {
    outgoing.end(body);
    return;
  }
  outgoing.write(body.subarray(0, body.length / 2), () => outgoing.destroy());
}
