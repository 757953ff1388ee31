import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { startDelayingProxy } from '../../bench/delaying-proxy.ts';
import { DELAYS, limitMs } from '../../bench/network.ts';

test.each([
  // handshake, refresh, save, move, logout, mark
  ['cold', 80 + 140 + 140 + 8 + 8 + 140 + 8],
  // connect and read at Secrets Manager first
  ['idle', 2 + 8 + 8 + 80 + 140 + 140 + 8 + 8 + 140 + 8],
  // read, claim, refresh, save, move, logout, mark
  ['warm', 8 + 8 + 140 + 8 + 8 + 140 + 8],
] as const)('the limit of a %s call is the sum of its waits', (call, sum) => {
  expect(limitMs(call, DELAYS)).toBe(sum);
});

test('where Secrets Manager is the slower one, it is on the path', () => {
  const delays = { blinkAwayMs: 0, blinkWorkMs: 0, secretsAwayMs: 10, secretsWorkMs: 0 };
  expect(limitMs('cold', delays)).toBe(20 + 10 + 10 + 10 + 10 + 10 + 10);
});

test('through the proxy, a connection costs one round trip, and an answer another, the first with the service’s work', async () => {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const hosts: (string | undefined)[] = [];
  const port = await startDelayingProxy(
    (server.address() as AddressInfo).port,
    { awayMs: 60, workMs: 40 },
    hosts,
  );
  const client = connect(port, '127.0.0.1');

  const roundTripMs = async (text: string) => {
    const startedAt = performance.now();
    client.write(text);
    expect(String((await once(client, 'data'))[0])).toBe(text);
    return performance.now() - startedAt;
  };
  expect(await roundTripMs('to rest-e008.immedia-semi.com')).toBeGreaterThanOrEqual(158);
  const again = await roundTripMs('again');
  expect(again).toBeGreaterThanOrEqual(58);
  expect(hosts).toEqual(['rest-e008.immedia-semi.com']);
  client.destroy();
  server.close();
});
