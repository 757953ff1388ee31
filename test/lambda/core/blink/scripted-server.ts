import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface ReceivedRequest {
  readonly method: string | undefined;
  /** As Blink would see it: host and path. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Answer {
  (response: ServerResponse, request: IncomingMessage): void;
  /** Where the answer never ends: how long to wait for it. */
  readonly patienceMs?: number;
}

/** A server for one test that gives the answers in turn, and the last one again and again. */
export async function scriptedServer(...answers: readonly [Answer, ...Answer[]]) {
  const requests: ReceivedRequest[] = [];
  const nextAnswer = () => answers[Math.min(requests.length, answers.length - 1)];
  let connections = 0;
  const server = createServer(async (request, response) => {
    const { method, headers, url } = request;
    const answer = nextAnswer();
    const received = { method, target: `${headers.host}${url}`, headers, body: '' };
    requests.push(received);
    received.body = await text(request);
    answer?.(response, request);
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    connections: () => connections,
    /** For the request that comes next; long, so that a busy machine changes nothing. */
    patienceMs: () => nextAnswer()?.patienceMs ?? 10_000,
  };
}

/** A whole answer. */
export function answer(status: number, body: unknown = '', headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, headers);
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** The request arrives, and the connection is reset. */
export const reset: Answer = (_, request) => request.socket.resetAndDestroy();

/** Nothing is ever said. */
export const silence: Answer = Object.assign(() => {}, { patienceMs: 150 });

/** The connection ends within the body. */
export function cutOff(status: number, body = '{"access_token":"canary'): Answer {
  return (response) => {
    response.writeHead(status, { 'Content-Length': '1000' });
    response.write(body, () => response.destroy());
  };
}

/** The headers come, and the body does not end. */
export function stalled(status: number): Answer {
  const start = (response: ServerResponse) => {
    response.writeHead(status, { 'Content-Length': '1000' });
    response.write('{"access_');
  };
  return Object.assign(start, { patienceMs: 500 });
}

export const HTML = '<!doctype html><title>canary</title>';
