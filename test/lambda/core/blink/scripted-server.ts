import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished, vi } from 'vitest';

export interface ReceivedRequest {
  readonly method: string | undefined;
  /** As Blink would see it: host and path. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** Replaces the timeouts of exchanges: `timeOut` makes them end. */
export function replaceTimeouts(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
}

/** What was sent before is still received: Node waits for it in timers of its own. */
export function timeOut(): void {
  vi.advanceTimersByTime(10_000);
}

/** The port of a server, which listens until the test ends. */
export async function listening(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A server for one test that gives the answers in turn, and the last one again and again. */
export async function scriptedServer(...answers: readonly [Answer, ...Answer[]]) {
  const requests: ReceivedRequest[] = [];
  let connections = 0;
  const server = createServer(async (request, response) => {
    const { method, headers, url } = request;
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    const received = { method, target: `${headers.host}${url}`, headers, body: '' };
    requests.push(received);
    received.body = await text(request);
    answer?.(response, request);
  });
  server.on('connection', () => {
    connections += 1;
  });
  const port = await listening(server);
  onTestFinished(() => server.closeAllConnections());
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    connections: () => connections,
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
export const silence: Answer = timeOut;

/** The connection ends within the body. */
export function cutOff(status: number, body = '{"access_token":"canary'): Answer {
  return (response) => {
    response.writeHead(status, { 'Content-Length': '1000' });
    response.write(body, () => response.destroy());
  };
}

/** The headers come, and the body does not end. */
export function stalled(status: number): Answer {
  return (response) => {
    response.writeHead(status, { 'Content-Length': '1000' });
    response.write('{"access_', timeOut);
  };
}

export const HTML = '<!doctype html><title>canary</title>';
