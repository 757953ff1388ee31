import * as v from 'valibot';
import { expect, test } from 'vitest';
import { commandOf, httpRequestSchema, MAX_BODY_BYTES } from '../../../lambda/webhook/http-request.ts';

function command(event: {
  path?: string;
  query?: string;
  method?: string;
  body?: string;
  isBase64Encoded?: boolean;
}) {
  const { path = '/logout', query = '', method = 'POST', ...rest } = event;
  return commandOf(
    v.parse(httpRequestSchema, {
      version: '2.0',
      rawPath: path,
      rawQueryString: query,
      requestContext: { http: { method } },
      ...rest,
    }),
  );
}

test('no body at all logs out the default session', () => {
  expect(command({})).toEqual({ session: 'default', action: 'logout' });
});

test('the path names the session', () => {
  expect(command({ path: '/logout/garage' }).session).toBe('garage');
});

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
  ['another path', { path: '/' }, 'not_found'],
  ['a path below the session', { path: '/logout/garage/now' }, 'not_found'],
  ['another method', { method: 'GET' }, 'method_not_allowed'],
  ['a query, which might be meant to name a session', { query: 'session=garage' }, 'request_invalid'],
  ['an encoded session name', { path: '/logout/%2e%2e' }, 'request_invalid'],
])('%s is refused', (_, event, code) => {
  expect(() => command(event)).toThrow(expect.objectContaining({ code }));
});

test('a body of exactly the largest size is read', () => {
  expect(command({ body: `{}${' '.repeat(MAX_BODY_BYTES - 2)}` }).session).toBe('default');
});
