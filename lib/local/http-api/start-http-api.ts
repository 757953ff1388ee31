import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { Route } from '../deployment.ts';
import type { Invocation } from '../lambda-process.ts';
import { matchRoute } from './match-route.ts';
import { type ReceivedRequest, toEvent } from './to-event.ts';
import { gatewayReply, type Reply, toReply } from './to-reply.ts';

export interface HttpApiOptions {
  readonly routes: readonly Route[];
  readonly invoke: (event: object) => Promise<Invocation>;
  /** @default - a free port */
  readonly port?: number;
}

export interface HttpApi {
  readonly url: string;
  readonly port: number;
  /** Cuts what is still open. */
  close(): Promise<void>;
}

/** An HTTP API's quota on payloads. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** The gateway on this machine, and for it alone. It does not throttle. */
export async function startHttpApi({ routes, invoke, port = 0 }: HttpApiOptions): Promise<HttpApi> {
  const server = createServer(async (incoming, outgoing) => {
    const requestId = randomUUID();
    try {
      const { status, headers, body } = await answer(await receive(incoming), requestId);
      outgoing.statusCode = status;
      for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
      outgoing.setHeader('apigw-requestid', requestId);
      outgoing.end(body);
    } catch {
      outgoing.destroy(); // the client went away in the middle of its request
    }
  });

  async function answer(request: ReceivedRequest | 'too large', requestId: string): Promise<Reply> {
    if (request === 'too large') return gatewayReply(413, 'Request Entity Too Large');
    if (!isDecodable(request.path)) return gatewayReply(400, 'Bad Request');
    const match = matchRoute(routes, request.method, request.path);
    if (match === undefined) return gatewayReply(404, 'Not Found');
    if (match.route.authorization === 'AWS_IAM' && !isSigned(request)) return gatewayReply(403, 'Forbidden');
    const timeout = Promise.withResolvers<'timed out'>();
    const timer = setTimeout(() => timeout.resolve('timed out'), match.route.timeoutMs);
    const invocation = await Promise.race([invoke(toEvent(request, match, requestId)), timeout.promise]);
    clearTimeout(timer);
    return invocation === 'timed out' ? gatewayReply(503, 'Service Unavailable') : toReply(invocation.result);
  }

  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function receive(incoming: IncomingMessage): Promise<ReceivedRequest | 'too large'> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (size > MAX_BODY_BYTES) return 'too large';
  const [path = '', query = ''] = (incoming.url ?? '').split(/\?(.*)/s);
  return {
    method: incoming.method ?? '',
    path,
    query,
    headers: new Map(Object.entries(incoming.headersDistinct).map(([name, values]) => [name, values ?? []])),
    body: Buffer.concat(chunks),
    sourceIp: incoming.socket.remoteAddress ?? '',
  };
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** That it is signed is checked, the signature is not: there are no keys here to check it with. */
function isSigned({ headers }: ReceivedRequest): boolean {
  return headers.get('authorization')?.[0]?.startsWith('AWS4-HMAC-SHA256 ') ?? false;
}
