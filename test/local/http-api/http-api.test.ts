import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startHttpApi } from '../../../local/http-api/start-http-api.ts';
import type { InvocationResult } from '../../../local/lambda-process.ts';
import type { LoopbackServer } from '../../../local/loopback-server.ts';

const ROUTES = ['POST /door/{name}', 'POST /door/front', 'GET /files/{name}'];

let api: LoopbackServer;
let events: unknown[] = [];
let result: InvocationResult | Promise<InvocationResult>;

const invoke = async (event: object) => {
  events.push(JSON.parse(JSON.stringify(event)));
  return {
    requestId: 'r',
    event: {},
    start: 'warm',
    initMs: 0,
    durationMs: 1,
    output: [],
    result: await result,
  } as const;
};

beforeAll(async () => {
  api = await startHttpApi({ routes: ROUTES, invoke });
});
afterAll(() => api.close());
beforeEach(() => {
  events = [];
  result = { kind: 'returned', payload: { statusCode: 204 } };
});

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
  readonly to?: LoopbackServer;
}

async function send(path: string, { method = 'POST', headers = {}, body = '', to = api }: Sent = {}) {
  const sent = request(`${to.url}${path}`, { method, headers });
  sent.end(body);
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) =>
    sent.on('response', resolve).on('error', reject),
  );
  const text = (await response.setEncoding('utf8').toArray()).join('');
  return { status: response.statusCode, headers: response.headers, text };
}

test('a request becomes an event of payload format 2.0', async () => {
  const { headers } = await send('/door/front%20door?a=1&b=%202&a=3', {
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'User-Agent': 'tester',
      'X-Twice': ['one', 'two'],
      Cookie: 'a=1; b=2',
    },
    body: '{"fields":"ü"}',
  });
  expect(events).toEqual([
    {
      version: '2.0',
      routeKey: 'POST /door/{name}',
      rawPath: '/door/front door',
      rawQueryString: 'a=1&b=%202&a=3',
      cookies: ['a=1', 'b=2'],
      headers: {
        host: `127.0.0.1:${api.port}`,
        'content-length': '15',
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'tester',
        'x-twice': 'one,two',
        'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': String(api.port),
        'x-forwarded-proto': 'http',
      },
      queryStringParameters: { a: '1,3', b: ' 2' },
      requestContext: {
        accountId: '123456789012',
        apiId: 'local',
        domainName: `127.0.0.1:${api.port}`,
        domainPrefix: 'local',
        http: {
          method: 'POST',
          path: '/door/front door',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'tester',
        },
        requestId: headers['apigw-requestid'],
        routeKey: 'POST /door/{name}',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      pathParameters: { name: 'front door' },
      body: '{"fields":"ü"}',
      isBase64Encoded: false,
    },
  ]);
});

test('without body, cookies, query and parameters, the event has no such fields', async () => {
  await send('/door/front');
  expect(Object.keys(events[0] ?? {})).toEqual([
    'version',
    'routeKey',
    'rawPath',
    'rawQueryString',
    'headers',
    'requestContext',
    'isBase64Encoded',
  ]);
});

test.each([
  ['text/plain', false],
  ['application/json', false],
  ['Application/JSON;charset=utf-8', false],
  ['application/xml', false],
  ['application/x-www-form-urlencoded', true],
  ['application/octet-stream', true],
  [undefined, true],
])('a body of content type %s is in base64: %s', async (contentType, isBase64Encoded) => {
  await send('/door/front', {
    headers: contentType === undefined ? {} : { 'content-type': contentType },
    body: 'a=b',
  });
  expect(events).toMatchObject([{ isBase64Encoded, body: isBase64Encoded ? 'YT1i' : 'a=b' }]);
});

test.each([
  ['POST', '/door/front', 'POST /door/front', undefined],
  ['POST', '/door/back', 'POST /door/{name}', { name: 'back' }],
  ['POST', '/door/back%2Fleft', 'POST /door/{name}', { name: 'back/left' }],
])('%s %s takes the route %s', async (method, path, routeKey, pathParameters) => {
  await send(path, { method });
  expect(events).toMatchObject([{ routeKey, ...(pathParameters && { pathParameters }) }]);
});

test.each([
  ['POST', '/'],
  ['POST', '/door'],
  ['POST', '/door/'],
  ['POST', '/Door/front'],
  ['POST', '/door/front/'],
  ['POST', '/door/a/b'],
  ['GET', '/door/front'],
])('%s %s has no route, unless there is $default', async (method, path) => {
  expect(await send(path, { method })).toMatchObject({ status: 404, text: '{"message":"Not Found"}' });
  expect(events).toEqual([]);
  const withDefault = await startHttpApi({ routes: ['$default', ...ROUTES], invoke });
  await send(path, { method, to: withDefault });
  await withDefault.close();
  expect(events).toMatchObject([{ routeKey: '$default' }]);
});

test('a path that cannot be decoded is a bad request', async () => {
  expect(await send('/door/%zz')).toMatchObject({ status: 400, text: '{"message":"Bad Request"}' });
});

test('a function that takes too long is a 503', async () => {
  const late = Promise.withResolvers<InvocationResult>();
  result = late.promise;
  const impatient = await startHttpApi({ routes: ROUTES, invoke, timeoutMs: 20 });
  const reply = await send('/door/front', { to: impatient });
  expect(reply).toMatchObject({ status: 503, text: '{"message":"Service Unavailable"}' });
  await impatient.close();
  late.resolve({ kind: 'returned', payload: { statusCode: 200 } });
});

test('a body of 10 MB passes, and one of a byte more does not', async () => {
  const body = Buffer.alloc(10 * 1024 * 1024, 'x');
  expect(await send('/door/front', { body })).toMatchObject({ status: 204 });
  expect(await send('/door/front', { body: Buffer.concat([body, Buffer.from('x')]) })).toMatchObject({
    status: 413,
  });
  expect(events).toHaveLength(1);
});

const PROBLEM = {
  statusCode: 429,
  headers: { 'Content-Type': 'application/problem+json', 'Retry-After': 7 },
  body: '{"a":1}',
};
const FAILED: InvocationResult = {
  kind: 'failed',
  error: { errorType: 'Error', errorMessage: 'canary', trace: ['canary'] },
};
const returned = (payload: unknown): InvocationResult => ({ kind: 'returned', payload });

test.each<[string, InvocationResult, number, object, string]>([
  [
    'a structured payload',
    returned(PROBLEM),
    429,
    { 'content-type': 'application/problem+json', 'retry-after': '7' },
    '{"a":1}',
  ],
  ['an object', returned({ a: 1 }), 200, { 'content-type': 'application/json' }, '{"a":1}'],
  ['a text', returned('plain'), 200, { 'content-type': 'application/json' }, 'plain'],
  ['null', returned(null), 200, { 'content-type': 'application/json' }, 'null'],
  ['an error', FAILED, 500, {}, '{"message":"Internal Server Error"}'],
  [
    'a status that is none',
    returned({ statusCode: 'canary' }),
    500,
    {},
    '{"message":"Internal Server Error"}',
  ],
  [
    'a body that is no text',
    returned({ statusCode: 200, body: { canary: 1 } }),
    500,
    {},
    '{"message":"Internal Server Error"}',
  ],
])('%s of the function becomes a reply', async (_what, given, status, headers, text) => {
  result = given;
  expect(await send('/door/front')).toMatchObject({ status, headers, text });
});

test('a port that is taken is an error', async () => {
  await expect(
    startHttpApi({ routes: [], invoke: () => Promise.reject(new Error()), port: api.port }),
  ).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
