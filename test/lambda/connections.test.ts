import { once } from 'node:events';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Address, Connections } from '../../lambda/connections.ts';

/** Answers each request with the number of the connection that it came on. */
let server: Server;
let address: Address;
const accepted: Socket[] = [];
const requestsOn: number[] = [];

let nowMs: number;
let connections: Connections<HttpAgent>;

beforeEach(async () => {
  nowMs = 0;
  connections = new Connections(new HttpAgent({ keepAlive: true }), () => nowMs);
  server = createServer((socket) => {
    const number = accepted.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => {
      requestsOn.push(number);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${number}`);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  address = { host: '127.0.0.1', port, servername: 'blink.example' };
});
afterEach(() => {
  connections.agent.destroy();
  for (const socket of accepted.splice(0)) socket.destroy();
  requestsOn.length = 0;
  server.close();
});

/** The number of the connection that the request went over. */
async function send(): Promise<number> {
  connections.closeIdle();
  const outgoing = httpRequest({
    ...address,
    agent: connections.agent,
    headers: { Host: 'blink.example' },
  }).end();
  const [response]: IncomingMessage[] = await once(outgoing, 'response');
  return Number(response && (await text(response)));
}

/** A connection is free a moment after its response has ended. */
async function free(): Promise<void> {
  while (Object.keys(connections.agent.freeSockets).length === 0) await new Promise(setImmediate);
}

test('a connection is used again while it has hardly been idle', async () => {
  await send();
  await free();
  nowMs = 2_999;
  expect(await send()).toBe(1);
});

test('a connection that has been idle for three seconds is closed, and the request goes over a new one', async () => {
  await send();
  await free();
  nowMs = 3_000;
  expect(await send()).toBe(2);
  expect(requestsOn).toEqual([1, 2]);
});

test('many connections that died during a freeze do not see a single request', async () => {
  await Promise.all([send(), send(), send(), send()]);
  while (Object.values(connections.agent.freeSockets).flat().length < 4) await new Promise(setImmediate);
  requestsOn.length = 0;
  // The other side is gone without a word: nothing has told the function, and only the clock knows.
  for (const socket of accepted) socket.pause();
  nowMs = 60_000;
  expect(await send()).toBe(5);
  expect(requestsOn).toEqual([5]);
});

test('a connection that the server has closed while it was idle is not used', async () => {
  await send();
  await free();
  accepted[0]?.end();
  while (Object.keys(connections.agent.freeSockets).length > 0) await new Promise(setImmediate);
  expect(await send()).toBe(2);
});

test('a connection opened ahead takes the first request that goes there', async () => {
  connections.openAhead(address);
  await once(server, 'connection');
  expect(await send()).toBe(1);
  expect(accepted).toHaveLength(1);
});

test('a request does not wait for the connection opened ahead to be there', async () => {
  connections.openAhead(address);
  expect(await send()).toBe(1);
});

test('a connection opened ahead is for one address and one name', async () => {
  connections.openAhead({ ...address, servername: 'other.example' });
  await once(server, 'connection');
  expect(await send()).toBe(2);
});

test('a connection opened ahead that was not wanted for three seconds is closed', async () => {
  connections.openAhead(address);
  await once(server, 'connection');
  nowMs = 3_000;
  expect(await send()).toBe(2);
  expect(requestsOn).toEqual([2]);
});

test('a connection opened ahead that the server has closed costs nothing but another', async () => {
  connections.openAhead(address);
  await once(server, 'connection');
  accepted[0]?.resetAndDestroy();
  await new Promise((resolve) => accepted[0]?.once('close', resolve));
  await new Promise(setImmediate);
  expect(await send()).toBe(2);
});

test('a connection that cannot be opened ahead disturbs nobody', async () => {
  const { port } = address;
  connections.openAhead({ ...address, port: 1 });
  expect(await send()).toBe(1);
  expect(address.port).toBe(port);
});
