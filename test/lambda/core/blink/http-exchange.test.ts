import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createTcpServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createHttpExchange, ExchangeError } from '../../../../lambda/core/blink/http-exchange.ts';
import { Connections } from '../../../../lambda/core/connections/connections.ts';
import { NOBODY } from './blink-under-test.ts';
import { answer, listening, replaceTimeouts, reset, scriptedServer, timeOut } from './scripted-server.ts';

const REQUEST = {
  method: 'GET',
  url: new URL('https://rest-e008.immedia-semi.com/a?b=c'),
  headers: { Authorization: 'Bearer canary' },
  timeoutMs: 10_000,
} as const;

beforeEach(replaceTimeouts);

/** The response, or the error without anything that was sent or received. */
async function ended(endpoint: string, connections = new Connections(endpoint)) {
  const end = await createHttpExchange(connections)(REQUEST);
  if (!(end instanceof ExchangeError)) return end;
  expect(end.cause).toBeUndefined();
  expect(`${end.message} ${JSON.stringify(end)}`).not.toMatch(/canary/i);
  return end;
}

/** A server that accepts connections and says nothing for three seconds. */
async function mute(): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.unref();
    vi.advanceTimersByTime(3_000);
  });
  return `https://127.0.0.1:${await listening(server)}`;
}

/** A fatal handshake_failure (RFC 8446 section 6). */
const TLS_ALERT = new Uint8Array([0x15, 3, 3, 0, 2, 2, 40]);

const secure = async (endpoint: Promise<string>) => (await endpoint).replace('http:', 'https:');

describe('an exchange', () => {
  test('goes to the endpoint under the name of the real host', async () => {
    const server = await scriptedServer(answer(200, 'body', { 'Client-Id': '7' }));
    const post = { ...REQUEST, method: 'POST', body: 'x=ü' } as const;
    expect(await createHttpExchange(new Connections(server.endpoint))(post)).toMatchObject({
      status: 200,
      text: 'body',
      headers: { 'client-id': '7' },
    });
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        target: 'rest-e008.immedia-semi.com/a?b=c',
        headers: { authorization: 'Bearer canary', 'content-length': '4', 'accept-encoding': 'identity' },
        body: 'x=ü',
      },
    ]);
  });

  test.each([
    ['an answer', answer(200, 'body')],
    ['an error', reset],
  ])('leaves no timer after %s', async (_, scripted) => {
    const server = await scriptedServer(scripted);
    await ended(server.endpoint);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('asks directly before it writes, on a new connection and on an open one: the process may have been stopped', async () => {
    const server = await scriptedServer(answer(200, 'a'));
    const exchange = createHttpExchange(new Connections(server.endpoint));
    const late = { ...REQUEST, mayStillSend: () => false };
    expect(await exchange(late)).toMatchObject({ progress: 'not_sent' });
    await exchange(REQUEST);
    expect(await exchange(late)).toMatchObject({ progress: 'not_sent' });
    expect(server.requests).toHaveLength(1);
  });

  test('keeps its connection after a long one for the next, which may have been processed if that is reset', async () => {
    let nowMs = 0;
    const slow = answer(200, 'a');
    const server = await scriptedServer((...args) => {
      nowMs = 5_000;
      slow(...args);
    }, reset);
    const exchange = createHttpExchange(new Connections(server.endpoint, () => nowMs));
    await exchange(REQUEST);
    expect(await exchange(REQUEST)).toMatchObject({ progress: 'unanswered' });
    expect([server.requests.length, server.connections()]).toEqual([2, 1]);
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
    expect(await ended(`https://127.0.0.1:${port}`)).toMatchObject({ progress: 'not_sent' });
    expect(names).toEqual(['rest-e008.immedia-semi.com']);
  });

  test.each([
    ['no server listens', async () => NOBODY.endpoint, { code: 'ECONNREFUSED' }],
    ['the name cannot be resolved', async () => `http://${'a'.repeat(64)}.invalid`, {}],
    ['the handshake does not end in three seconds', mute, { code: 'ETIMEDOUT' }],
    ['the handshake is ended', () => secure(writing('', 'ends')), { code: 'ECONNRESET' }],
    ['the handshake is reset', () => secure(writing('', 'resets')), { code: 'ECONNRESET' }],
    ['the server speaks HTTP', () => secure(writing(http(200, TOO_LONG, TEXT), 'ends')), {}],
    ['the server sends an alert', () => secure(writing(TLS_ALERT, 'ends')), {}],
    ['the server hello is cut', () => secure(writing(TLS_ALERT.with(0, 0x16), 'ends')), {}],
  ])('has not been sent if %s', async (_, endpoint, expected) => {
    expect(await ended(await endpoint())).toMatchObject({ progress: 'not_sent', ...expected });
  });

  test('has not been sent if a connection opened ahead is never established', async () => {
    const endpoint = await mute();
    const connections = new Connections(endpoint);
    connections.open(REQUEST.url);
    expect(await ended(endpoint, connections)).toMatchObject({
      progress: 'not_sent',
      code: 'ETIMEDOUT',
    });
  });
});

/** What the server does after its answer. */
type Then = 'ends' | 'resets' | 'stays';

/** A server that writes these bytes as soon as a request arrives. */
async function writing(bytes: string | Uint8Array, then: Then): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      if (then === 'ends') socket.end(bytes);
      else socket.write(bytes, then === 'stays' ? timeOut : () => socket.resetAndDestroy());
    });
    onTestFinished(() => void socket.destroy());
  });
  return `http://127.0.0.1:${await listening(server)}`;
}

const TEXT = '{"access_token":"a","refresh_token":"r"}';
const BOMB = `${TEXT}${' '.repeat(1e7)}`;
const CHUNKED = 'Transfer-Encoding: chunked';
const CHUNK = `${TEXT.length.toString(16)}\r\n${TEXT}\r\n`;
const TOO_LONG = 'Content-Length: 999';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\n';
const COOKIES = `Set-Cookie: canary=${'x'.repeat(60_000)}`;

function http(status: number, headers: string, body: string | Buffer = ''): Buffer {
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} X\r\n${headers}\r\n\r\n`), Buffer.from(body)]);
}

function encoded(coding: string, body: string | Buffer): Buffer {
  return http(200, `Content-Encoding: ${coding}\r\nConnection: close`, body);
}

const whole = { status: 200, text: TEXT };
const notInflated = { status: 200, text: expect.not.stringContaining('access_token') };
const noAnswer = { progress: 'unanswered', code: 'ETIMEDOUT' };
const closed = { progress: 'unanswered', code: expect.not.stringMatching('ETIMEDOUT') };
const cutOff = { progress: 'cut_off', code: expect.not.stringMatching('ETIMEDOUT') };

describe('an answer over the wire', () => {
  test.each<[string, string | Buffer, Then, object]>([
    ['that is whole', http(200, `Content-Length: ${TEXT.length}`, TEXT), 'stays', whole],
    ['without a length', http(200, 'Connection: close', TEXT), 'ends', whole],
    ['after a 1xx', `HTTP/1.1 102 X\r\n\r\n${http(200, TOO_LONG, TEXT)}`, 'stays', whole],
    ['with 60 kB of cookies', http(200, `${COOKIES}\r\n${TOO_LONG}`, TEXT), 'ends', whole],

    // The whole text has arrived, whatever is missing.
    ['without its last chunk', http(200, CHUNKED, CHUNK), 'ends', whole],
    ['whose last chunk is late', http(200, CHUNKED, CHUNK), 'stays', whole],
    ['with a length that is too long, and an end', http(200, TOO_LONG, TEXT), 'ends', whole],
    ['with a length that is too long, and a reset', http(200, TOO_LONG, TEXT), 'resets', whole],
    ['with a length that is too long, and no end', http(200, TOO_LONG, TEXT), 'stays', whole],
    ['with a byte order mark', http(200, TOO_LONG, `\uFEFF${TEXT}`), 'ends', whole],

    // Whatever its content coding is called.
    ['in gzip', encoded('gzip', gzipSync(TEXT)), 'ends', whole],
    ['in gzip without its end', encoded('gzip', gzipSync(TEXT).subarray(0, -8)), 'ends', whole],
    ['in deflate without its header', encoded('deflate', deflateRawSync(TEXT)), 'ends', whole],
    ['in deflate', encoded('deflate', deflateSync(TEXT)), 'ends', whole],
    ['in Brotli', encoded('br', brotliCompressSync(TEXT)), 'ends', whole],
    ['in Zstandard', encoded('zstd', zstdCompressSync(TEXT)), 'ends', whole],
    ['in gzip, labelled Brotli', encoded('br', gzipSync(TEXT)), 'ends', whole],
    ['in gzip, without a label', http(200, 'Connection: close', gzipSync(TEXT)), 'ends', whole],
    ['that is only labelled gzip', encoded('gzip', TEXT), 'ends', whole],
    ['in gzip that inflates to 10 MB', encoded('gzip', gzipSync(BOMB)), 'ends', notInflated],

    // A part is not taken for the whole. The status is enough for a refusal.
    ['cut by a byte', http(200, TOO_LONG, TEXT.slice(0, -1)), 'ends', cutOff],
    ['that is empty', http(200, TOO_LONG), 'ends', cutOff],
    ['that stalls', http(200, TOO_LONG, '{"canary'), 'stays', { progress: 'cut_off', code: 'ETIMEDOUT' }],
    ['with 401, cut', http(401, TOO_LONG, '{"a'), 'ends', { status: 401, text: '{"a', isCut: true }],
    ['with 401, whole, without its end', http(401, TOO_LONG, '{}'), 'ends', { status: 401, text: '{}' }],
    ['with 503 that stalls', http(503, TOO_LONG, '{"a'), 'stays', { status: 503, isCut: true }],

    ['that is a reset connection', '', 'resets', closed],
    ['that does not come', '', 'stays', noAnswer],
    ['that is not HTTP', 'canary\r\n\r\n', 'ends', { progress: 'unanswered' }],
    ['that upgrades', `${SWITCH}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\ncanary`, 'stays', noAnswer],
    ['101 without an upgrade', `${SWITCH}\r\n`, 'stays', closed],
    ['100 and nothing else', 'HTTP/1.1 100 Continue\r\n\r\n', 'stays', noAnswer],
    ['whose headers do not end', 'HTTP/1.1 200 OK\r\nCanary: ', 'stays', noAnswer],
    ['with a status that is none', 'HTTP/1.1 099 Canary\r\n\r\n', 'stays', { progress: 'unanswered' }],
  ])('%s', async (_, bytes, then, expected) => {
    expect(await ended(await writing(bytes, then))).toMatchObject(expected);
  });

  test('is read to its first 256 KiB, without waiting for the rest', async () => {
    const server = await scriptedServer((response) => {
      response.write('x'.repeat(300_000));
    });
    expect(await ended(server.endpoint)).toHaveProperty('text.length', 256 * 1024);
  });

  test('is read before the timeout counts, if the process was stopped meanwhile', async () => {
    vi.useRealTimers();
    const script = `require('node:http').createServer((_, response) => {
      console.log('asked');
      setTimeout(() => response.end('${TEXT}'), 100);
    }).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
    const server = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void server.kill());
    const [port] = await once(server.stdout, 'data');
    const exchange = createHttpExchange(new Connections(`http://127.0.0.1:${String(port).trim()}`));
    const answered = exchange({ ...REQUEST, timeoutMs: 1_000 });
    await once(server.stdout, 'data');
    // Nothing of this process runs until long after the timeout.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_100);
    expect(await answered).toMatchObject(whole);
  });
});
