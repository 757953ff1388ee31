import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createHttpExchange, ExchangeError } from '../../../../lambda/core/blink/http-exchange.ts';
import { addressOf, blinkConnections } from '../../../../lambda/core/connections/blink-connections.ts';
import { NOBODY } from './blink-under-test.ts';
import { type Answer, answer, cutOff, reset, scriptedServer, silence, stalled } from './scripted-server.ts';

const REQUEST = {
  method: 'GET',
  url: new URL('https://rest-e008.immedia-semi.com/a?b=c'),
  headers: { Authorization: 'Bearer canary' },
  timeoutMs: 10_000,
} as const;

async function errorAt(endpoint: string, timeoutMs = 10_000): Promise<ExchangeError> {
  const error: unknown = await createHttpExchange(endpoint)({ ...REQUEST, timeoutMs }).catch(
    (reason: unknown) => reason,
  );
  if (error instanceof ExchangeError) return error;
  throw new Error('not an ExchangeError');
}

async function listening(server: ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe('an exchange', () => {
  test('goes to the endpoint under the name of the real host', async () => {
    const server = await scriptedServer(answer(200, 'body', { 'Client-Id': '7' }));
    const response = await createHttpExchange(server.endpoint)({
      ...REQUEST,
      method: 'POST',
      body: 'x=ü',
    });
    expect(response).toMatchObject({ status: 200, text: 'body', headers: { 'client-id': '7' } });
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        target: 'rest-e008.immedia-semi.com/a?b=c',
        headers: { authorization: 'Bearer canary', 'content-length': '4' },
        body: 'x=ü',
      },
    ]);
  });

  test.each([
    ['an answer', answer(200, 'body')],
    ['an error', reset],
  ])('leaves no timer after %s', async (_, scripted) => {
    const server = await scriptedServer(scripted);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    await createHttpExchange(server.endpoint)(REQUEST).catch(() => undefined);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('asks directly before it writes, on a new connection and on an open one: the process may have been stopped', async () => {
    const server = await scriptedServer(answer(200, 'a'));
    const exchange = createHttpExchange(server.endpoint);
    const late = { ...REQUEST, mayStillSend: () => false };
    await expect(exchange(late)).rejects.toMatchObject({ progress: 'not_sent' });
    await exchange(REQUEST);
    await expect(exchange(late)).rejects.toMatchObject({ progress: 'not_sent' });
    expect(server.requests).toHaveLength(1);
  });

  test('keeps its connection for the next one', async () => {
    const server = await scriptedServer(answer(200, 'a'));
    const exchange = createHttpExchange(server.endpoint);
    await exchange(REQUEST);
    await exchange({ ...REQUEST, url: new URL('https://api.oauth.blink.com/') });
    expect([server.requests.length, server.connections()]).toEqual([2, 1]);
  });

  test('follows no redirect', async () => {
    const server = await scriptedServer(answer(307, '', { Location: '/elsewhere' }));
    expect(await createHttpExchange(server.endpoint)(REQUEST)).toMatchObject({ status: 307 });
    expect(server.requests).toHaveLength(1);
  });

  test('reads no more than 256 KiB, and does not wait for the rest', async () => {
    const server = await scriptedServer((response) => {
      response.write('x'.repeat(300_000));
    });
    const { text } = await createHttpExchange(server.endpoint)(REQUEST);
    expect(text).toHaveLength(256 * 1024);
  });

  test('asks for the real name in TLS, and has sent nothing when the handshake fails', async () => {
    const names: string[] = [];
    const server = createTlsServer({
      SNICallback: (name, done) => {
        names.push(name);
        done(new Error('no certificate'));
      },
    });
    const port = await listening(server);
    expect(await errorAt(`https://127.0.0.1:${port}`)).toMatchObject({
      progress: 'not_sent',
      timedOut: false,
    });
    expect(names).toEqual(['rest-e008.immedia-semi.com']);
  });
});

describe('an exchange that fails', () => {
  test('has not been sent if no server listens', async () => {
    expect(await errorAt(NOBODY.endpoint)).toMatchObject({
      progress: 'not_sent',
      timedOut: false,
      message: 'exchange not_sent: ECONNREFUSED',
    });
  });

  test('has not been sent if the name cannot be resolved', async () => {
    expect(await errorAt(`http://${'a'.repeat(64)}.invalid`)).toMatchObject({ progress: 'not_sent' });
  });

  test('has not been sent if the handshake takes too long', async () => {
    const port = await listening(createTcpServer((socket) => socket.unref()));
    expect(await errorAt(`https://127.0.0.1:${port}`, 150)).toMatchObject({
      progress: 'not_sent',
      timedOut: true,
    });
  });

  test.each<[string, Answer, Partial<ExchangeError>]>([
    ['is unanswered where the connection is reset', reset, { progress: 'unanswered', timedOut: false }],
    ['is unanswered where nothing is said in time', silence, { progress: 'unanswered', timedOut: true }],
    [
      'is cut off where a success ends within its body',
      cutOff(200),
      { progress: 'cut_off', timedOut: false },
    ],
    ['is cut off where the body of a success stalls', stalled(200), { progress: 'cut_off', timedOut: true }],
    [
      'is unanswered where the answer is not HTTP',
      (_, request) => request.socket.end('canary\r\n\r\n'),
      { progress: 'unanswered' },
    ],
  ])('%s, and tells nothing of what was sent or received', async (_, fault, expected) => {
    const server = await scriptedServer(fault);
    const error = await errorAt(server.endpoint, server.patienceMs());
    expect(error).toMatchObject(expected);
    expect(error.cause).toBeUndefined();
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('canary');
    expect(server.requests).toHaveLength(1);
  });

  test('may have been processed where a kept connection is reset', async () => {
    const server = await scriptedServer(answer(200, 'a'), reset);
    const exchange = createHttpExchange(server.endpoint);
    await exchange(REQUEST);
    await expect(exchange(REQUEST)).rejects.toMatchObject({ progress: 'unanswered' });
    expect(server.connections()).toBe(1);
  });

  test.each([[cutOff(401, '{"a')], [stalled(503)]])(
    'is a refusal all the same where only its text is cut',
    async (fault) => {
      const server = await scriptedServer(fault);
      const { status, text } = await createHttpExchange(server.endpoint)({
        ...REQUEST,
        timeoutMs: server.patienceMs(),
      });
      expect([401, 503]).toContain(status);
      expect(text).toMatch(/^\{"a/);
    },
  );
});

/** A server that writes these bytes as soon as a request arrives, and then ends the connection, or never does. */
async function writing(bytes: string | Buffer, ends = false): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => (ends ? socket.end(bytes) : socket.write(bytes)));
    onTestFinished(() => void socket.destroy());
  });
  return `http://127.0.0.1:${await listening(server)}`;
}

describe('an exchange ends by its timeout', () => {
  const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\n';

  test.each([
    ['101 with an upgrade', `${SWITCH}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`],
    [
      '101 with an upgrade and bytes of the new protocol',
      `${SWITCH}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\ncanary`,
    ],
    ['101 without an upgrade', `${SWITCH}\r\n`],
    ['101 that promises a body', `${SWITCH}Content-Length: 100\r\n\r\ncanary`],
    ['100 and nothing else', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['many 1xx and nothing else', 'HTTP/1.1 103 Early Hints\r\nLink: </canary>\r\n\r\n'.repeat(1_000)],
    ['an unknown 1xx', 'HTTP/1.1 199 Canary\r\n\r\n'],
    ['a status line that does not end', 'HTTP/1.1 200 canary'],
    ['headers that do not end', 'HTTP/1.1 200 OK\r\nCanary: '],
    ['a status that is none', 'HTTP/1.1 099 Canary\r\n\r\n'],
  ])('and may have been processed, when the server sends %s', async (_, bytes) => {
    const error = await errorAt(await writing(bytes), 300);
    expect(error).toMatchObject({ progress: 'unanswered' });
    expect(`${error.message} ${JSON.stringify(error)}`).not.toMatch(/canary/i);
  });

  test('and has not been sent, when a connection opened ahead is never established', async () => {
    const port = await listening(createTcpServer((socket) => socket.unref()));
    const endpoint = `https://127.0.0.1:${port}`;
    const connections = blinkConnections(endpoint);
    connections.open(addressOf(REQUEST.url, endpoint));
    await expect(
      createHttpExchange(endpoint, connections)({ ...REQUEST, timeoutMs: 200 }),
    ).rejects.toMatchObject({ progress: 'not_sent', timedOut: true });
  });

  test('when another answer follows a 1xx', async () => {
    const endpoint = await writing(
      'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    );
    expect(await createHttpExchange(endpoint)(REQUEST)).toMatchObject({ status: 200, text: 'ok' });
  });
});

describe('a success whose whole text has arrived', () => {
  const JSON_TEXT = '{"access_token":"a","refresh_token":"r"}';
  const head = (headers: string) => `HTTP/1.1 200 OK\r\n${headers}\r\n\r\n`;
  const chunk = `${JSON_TEXT.length.toString(16)}\r\n${JSON_TEXT}\r\n`;

  test.each<[string, string | Buffer, boolean]>([
    ['whose last chunk is missing', head('Transfer-Encoding: chunked') + chunk, true],
    ['whose last chunk is late', head('Transfer-Encoding: chunked') + chunk, false],
    [
      'whose Content-Length is too long, and the connection ends',
      head('Content-Length: 999') + JSON_TEXT,
      true,
    ],
    [
      'whose Content-Length is too long, and the connection stays',
      head('Content-Length: 999') + JSON_TEXT,
      false,
    ],
    ['without a length', head('Connection: close') + JSON_TEXT, true],
    ['that begins with a byte order mark', `${head('Content-Length: 999')}\uFEFF${JSON_TEXT}`, true],
    ['that is only labelled gzip', head('Content-Encoding: gzip\r\nConnection: close') + JSON_TEXT, true],
    ['in gzip', encoded('gzip', gzipSync(JSON_TEXT)), true],
    ['in gzip without its end', encoded('gzip', gzipSync(JSON_TEXT).subarray(0, -8)), true],
    ['in deflate', encoded('deflate', deflateSync(JSON_TEXT)), true],
    ['in deflate without its header', encoded('deflate', deflateRawSync(JSON_TEXT)), true],
    ['in gzip under a name in capitals', encoded('GZIP', gzipSync(JSON_TEXT)), true],
  ])('is read: one %s', async (_, bytes, ends) => {
    const endpoint = await writing(bytes, ends);
    const { status, text } = await createHttpExchange(endpoint)({ ...REQUEST, timeoutMs: 400 });
    expect([status, text]).toEqual([200, JSON_TEXT]);
  });

  function encoded(coding: string, body: Buffer): Buffer {
    return Buffer.concat([Buffer.from(head(`Content-Encoding: ${coding}\r\nConnection: close`)), body]);
  }

  test.each([JSON_TEXT.slice(0, -1), `${JSON_TEXT.slice(0, -1)},`, '"only a text"', ''])(
    'is not taken from a part: %s',
    async (part) => {
      const endpoint = await writing(head('Content-Length: 999') + part, true);
      await expect(createHttpExchange(endpoint)(REQUEST)).rejects.toMatchObject({ progress: 'cut_off' });
    },
  );

  test('stays below 256 KiB, however far it could be inflated', async () => {
    const endpoint = await writing(encoded('gzip', gzipSync('x'.repeat(10_000_000))), true);
    expect((await createHttpExchange(endpoint)(REQUEST)).text.length).toBeLessThanOrEqual(256 * 1024);
  });

  test('is read before the timeout counts, if the process was stopped meanwhile', async () => {
    const script = `require('node:http').createServer((_, response) => response.end('${JSON_TEXT}')).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
    const server = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void server.kill());
    const [port] = await once(server.stdout, 'data');
    const exchange = createHttpExchange(`http://127.0.0.1:${String(port).trim()}`);
    const answered = exchange({ ...REQUEST, timeoutMs: 300 });
    // The request leaves, and then nothing of this process runs until long after its timeout.
    await setTimeout(30);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 900);
    expect(await answered).toMatchObject({ status: 200, text: JSON_TEXT });
  });
});

test('a connection that is not there after three seconds is given up, and nothing has been sent', async () => {
  const port = await listening(createTcpServer((socket) => socket.unref()));
  const startedAtMs = performance.now();
  expect(await errorAt(`https://127.0.0.1:${port}`, 8_000)).toMatchObject({
    progress: 'not_sent',
    timedOut: true,
  });
  expect(performance.now() - startedAtMs).toBeLessThan(5_000);
});
