import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, createServer, type LookupFunction, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Connections } from '../../../../lambda/core/connections/connections.ts';
import { listening } from '../blink/scripted-server.ts';

/** Answers each request with the number of the connection that it came on. */
let server: Server;
let port: number;
const BLINK = new URL('https://blink.example');
const accepted: Socket[] = [];
const requestsOn: number[] = [];

let nowMs: number;
let connections: Connections;

beforeEach(async () => {
  nowMs = 0;
  server = createServer((socket) => {
    const number = accepted.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => {
      requestsOn.push(number);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${number}`);
    });
  });
  port = await listening(server);
  connections = new Connections(`http://127.0.0.1:${port}`, () => nowMs);
});
afterEach(() => {
  for (const socket of accepted.splice(0)) socket.destroy();
  requestsOn.length = 0;
});

/** The number of the connection that the request went over. */
async function send(): Promise<number> {
  const outgoing = httpRequest({
    ...connections.optionsFor(BLINK),
    headers: { Host: 'blink.example' },
  }).end();
  const [response]: IncomingMessage[] = await once(outgoing, 'response');
  const number = Number(response && (await text(response)));
  connections.used();
  return number;
}

function freeSockets(): readonly Socket[] {
  return Object.values(connections.optionsFor(BLINK).agent.freeSockets).flatMap((sockets) => sockets ?? []);
}

/** A connection is free a moment after its response has ended. */
async function free(): Promise<void> {
  while (freeSockets().length === 0) await new Promise(setImmediate);
}

test.each([
  [2_999, 1],
  [3_000, 2],
])(
  'a connection is used again while it has been idle for less than three seconds: %i ms',
  async (idleMs, number) => {
    await send();
    await free();
    nowMs = idleMs;
    expect(await send()).toBe(number);
    await vi.waitFor(() => expect(accepted[0]?.destroyed).toBe(number === 2));
  },
);

test('one request takes the connection opened ahead, without waiting for it to be there', async () => {
  connections.open(BLINK);
  expect(await Promise.all([send(), send()])).toEqual([1, 2]);
  expect(accepted).toHaveLength(2);
});

test('a connection opened ahead is for one address and one name', async () => {
  connections.open(new URL('https://other.example'));
  await once(server, 'connection');
  expect(await send()).toBe(2);
});

test('a connection opened ahead that no request used for three seconds is closed, and another can be opened', async () => {
  connections.open(BLINK);
  await once(server, 'connection');
  nowMs = 3_000;
  connections.open(BLINK);
  await once(server, 'connection');
  expect(await send()).toBe(2);
  expect(requestsOn).toEqual([2]);
  await vi.waitFor(() => expect(accepted[0]?.destroyed).toBe(true));
});

test.each([
  ['reset', (socket?: Socket) => socket?.resetAndDestroy()],
  ['closed', (socket?: Socket) => socket?.end()],
])('a connection opened ahead that the server has %s is replaced', async (_how, end) => {
  connections.open(BLINK);
  await once(server, 'connection');
  end(accepted[0]);
  await new Promise((resolve) => accepted[0]?.once('close', resolve));
  await new Promise(setImmediate);
  expect(await send()).toBe(2);
  expect(requestsOn).toEqual([2]);
});

test('a connection opened ahead that fails while a request waits for it is replaced, and the request is sent once', async () => {
  connections.open(BLINK, connect({ host: '127.0.0.1', port: 1 }));
  expect(await send()).toBe(1);
  expect(requestsOn).toEqual([1]);
});

test('a dead first address costs 300 ms, and the connection opened ahead goes to the next one', async () => {
  // 192.0.2.0/24 is never answered (RFC 5737).
  const lookup: LookupFunction = (_host, _options, callback) =>
    callback(null, [
      { address: '192.0.2.1', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]);
  const socket = connect({ host: 'blink.example', port, lookup, autoSelectFamilyAttemptTimeout: 300 });
  connections.open(BLINK, socket);
  expect(await send()).toBe(1);
});

test('none is opened ahead where one is open already', async () => {
  connections.open(BLINK);
  connections.open(BLINK);
  await send();
  await free();
  connections.open(BLINK);
  expect(await send()).toBe(1);
  expect(accepted).toHaveLength(1);
});

test('a connection that was destroyed a moment ago does not count as open', async () => {
  await send();
  await free();
  for (const socket of freeSockets()) socket.destroy();
  connections.open(BLINK);
  await once(server, 'connection');
  expect(await send()).toBe(2);
});

test('a request never gets a connection that was destroyed a moment ago', async () => {
  await Promise.all([send(), send()]);
  while (freeSockets().length < 2) await new Promise(setImmediate);
  requestsOn.length = 0;
  const [stays, dies] = freeSockets();
  dies?.destroy();
  expect(stays?.destroyed).toBe(false);
  await send();
  expect(requestsOn).toHaveLength(1);
  expect(accepted).toHaveLength(2);
});
