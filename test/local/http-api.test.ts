import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { InvocationResult } from '../../local/lambda-process.ts';
import type { LoopbackServer } from '../../local/loopback-server.ts';
import { startHttpApi } from '../../local/start-http-api.ts';

const ROUTES = ['POST /door', 'POST /door/{name}', 'GET /files/{name}'];
const RESULT: InvocationResult = {
  kind: 'returned',
  payload: { statusCode: 429, headers: { 'Retry-After': '7' }, body: '{"a":1}' },
};

let api: LoopbackServer;
let withDefault: LoopbackServer;
let events: unknown[] = [];
let result: InvocationResult;

const invoke = async (event: unknown) => {
  events.push(event);
  return { result };
};

beforeAll(async () => {
  api = await startHttpApi({ routes: ROUTES, invoke });
  withDefault = await startHttpApi({ routes: ['$default', ...ROUTES], invoke });
});
afterAll(() => Promise.all([api.close(), withDefault.close()]));
beforeEach(() => {
  events = [];
  result = RESULT;
});

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string;
  readonly to?: LoopbackServer;
}

/** Not by `fetch`, which sends a header once, and a path only after it has put it in order. */
async function send(path: string, { method = 'POST', headers = {}, body = '', to = api }: Sent = {}) {
  const sent = request(`${to.url}${path}`, { method, headers });
  sent.end(body);
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) =>
    sent.on('response', resolve).on('error', reject),
  );
  return { status: response.statusCode, headers: response.headers, text: await text(response) };
}

test('a request becomes an event of payload format 2.0, and its result the reply', async () => {
  const reply = await send('/door/front%2Fleft%20door?a=1&b=%202', {
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'X-Twice': ['one', 'two'] },
    body: '{"fields":"ü"}',
  });
  expect(reply).toMatchObject({ status: 429, headers: { 'retry-after': '7' }, text: '{"a":1}' });
  expect(events).toMatchObject([
    {
      version: '2.0',
      routeKey: 'POST /door/{name}',
      rawPath: '/door/front/left door',
      rawQueryString: 'a=1&b=%202',
      headers: { 'content-type': 'application/json; charset=utf-8', 'x-twice': 'one,two' },
      requestContext: {
        http: { method: 'POST', path: '/door/front/left door' },
        requestId: reply.headers['apigw-requestid'],
      },
      pathParameters: { name: 'front/left door' },
      body: '{"fields":"ü"}',
      isBase64Encoded: false,
    },
  ]);
});

test('without body and parameters, the event has no such fields', async () => {
  await send('/door');
  expect(events).toMatchObject([{ routeKey: 'POST /door', isBase64Encoded: false }]);
  expect(events[0]).not.toHaveProperty('body');
  expect(events[0]).not.toHaveProperty('pathParameters');
});

test.each([
  ['text/plain', false],
  ['Application/JSON;charset=utf-8', false],
  ['application/x-www-form-urlencoded', true],
  [undefined, true],
])('a body of content type %s is in base64: %s', async (contentType, isBase64Encoded) => {
  await send('/door', { headers: contentType ? { 'content-type': contentType } : {}, body: 'a=b' });
  expect(events).toMatchObject([{ isBase64Encoded, body: isBase64Encoded ? 'YT1i' : 'a=b' }]);
});

test.each([
  ['POST', '/'],
  ['POST', '/door/'],
  ['POST', '/Door/front'],
  ['POST', '/door/a/b'],
  ['GET', '/door/front'],
])('%s %s has no route, unless there is $default', async (method, path) => {
  expect(await send(path, { method })).toMatchObject({ status: 404, text: '{"message":"Not Found"}' });
  expect(events).toEqual([]);
  await send(path, { method, to: withDefault });
  expect(events).toMatchObject([{ routeKey: '$default' }]);
});

test('a path that cannot be decoded is a bad request', async () => {
  expect(await send('/door/%zz')).toMatchObject({ status: 400, text: '{"message":"Bad Request"}' });
});

test.each<[string, InvocationResult]>([
  ['an error', { kind: 'failed', error: { errorType: 'Error', errorMessage: 'canary', trace: ['canary'] } }],
  ['a payload that is no response', { kind: 'returned', payload: { statusCode: 'canary' } }],
])('%s of the function becomes a 500 that does not tell it', async (_what, given) => {
  result = given;
  expect(await send('/door')).toMatchObject({ status: 500, text: '{"message":"Internal Server Error"}' });
});
