import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { expect, test, vi } from 'vitest';
import { secretsManagerClient } from '../../../../lambda/core/vault/secrets-manager.ts';

test('connections that died in a freeze cost none of a call’s three tries', async () => {
  const accepted: Socket[] = [];
  const requestsOn: number[] = [];
  const server = createServer((socket) => {
    const number = accepted.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (!chunk.toString().includes('POST /')) return;
      requestsOn.push(number);
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = secretsManagerClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'x' },
  });
  const call = () => client.send(new GetSecretValueCommand({ SecretId: 'blink-logout/default' }));

  // A command may load code for long before its first call, which the SDK's handler needs to find http.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
  await Promise.all([call(), call(), call(), call()]);
  expect(new Set(requestsOn).size).toBe(4);
  requestsOn.length = 0;
  // The platform freezes the function; the other side forgets its connections, and says nothing any more.
  vi.setSystemTime(Date.now() + 60_000);
  for (const socket of accepted) socket.removeAllListeners('data');
  await call();
  expect(requestsOn).toEqual([5]);

  client.destroy();
  for (const socket of accepted) socket.destroy();
  server.close();
});
