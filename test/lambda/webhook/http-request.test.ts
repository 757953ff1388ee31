import * as v from 'valibot';
import { expect, test } from 'vitest';
import { commandOf, httpRequestSchema, MAX_BODY_BYTES } from '../../../lambda/webhook/http-request.ts';

function command(event: {
  routeKey?: string;
  pathParameters?: Record<string, string>;
  rawPath?: string;
  query?: string;
  method?: string;
  body?: string;
  isBase64Encoded?: boolean;
}) {
  const { query = '', method = 'POST', ...rest } = event;
  return commandOf(
    v.parse(httpRequestSchema, {
      version: '2.0',
      routeKey: 'POST /logout',
      rawPath: '/logout',
      rawQueryString: query,
      requestContext: { http: { method } },
      ...rest,
    }),
  );
}

test('no body at all logs out the default session', () => {
  expect(command({})).toEqual({ session: 'default', action: 'logout' });
});

/** What API Gateway sends for a session in the path. */
const inPath = (session: string) => ({ routeKey: 'POST /logout/{session}', pathParameters: { session } });

test('the path parameter names the session', () => {
  expect(command({ ...inPath('garage'), rawPath: '/logout/g%61rage' }).session).toBe('garage');
});

test.each(['/prod/logout/garage', '/blink/logout/garage'])(
  'a request below a stage or a custom domain’s base path is routed: %s',
  (rawPath) => {
    expect(command({ ...inPath('garage'), rawPath }).session).toBe('garage');
  },
);

test('a body that the gateway has base64-encoded is decoded', () => {
  const body = Buffer.from('{"session":"garage"}').toString('base64');
  expect(command({ body, isBase64Encoded: true }).session).toBe('garage');
});

test.each([
  ['base64 that is none', { body: '!!!', isBase64Encoded: true }, 'request_invalid'],
  [
    'bytes that are not UTF-8',
    { body: Buffer.from([0x22, 0xff, 0x22]).toString('base64'), isBase64Encoded: true },
    'request_invalid',
  ],
  ['malformed JSON', { body: '{"session":' }, 'request_invalid'],
  ['a form', { body: 'session=garage' }, 'request_invalid'],
  ['JSON that is no object', { body: '"garage"' }, 'request_invalid'],
  ['a body that is too large', { body: ' '.repeat(MAX_BODY_BYTES + 1) }, 'request_too_large'],
  ['another path', { routeKey: '$default', rawPath: '/' }, 'not_found'],
  ['another path and method', { routeKey: '$default', rawPath: '/', method: 'GET' }, 'not_found'],
  ['a path below the session', { routeKey: '$default', rawPath: '/logout/garage/now' }, 'not_found'],
  ['another method', { routeKey: '$default', method: 'GET' }, 'method_not_allowed'],
  [
    'another method below a stage',
    { routeKey: '$default', rawPath: '/prod/logout/garage', method: 'PUT' },
    'method_not_allowed',
  ],
  ['a query, which might be meant to name a session', { query: 'session=garage' }, 'request_invalid'],
  ['a session name with other characters', inPath('..'), 'request_invalid'],
])('%s is refused', (_, event, code) => {
  expect(() => command(event)).toThrow(expect.objectContaining({ code }));
});

test('a body of exactly the largest size is read', () => {
  expect(command({ body: `{}${' '.repeat(MAX_BODY_BYTES - 2)}` }).session).toBe('default');
});
