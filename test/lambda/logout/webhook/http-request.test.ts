import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import {
  type CallerProof,
  commandOf,
  MAX_BODY_BYTES,
  webhookRequestSchema,
} from '../../../../lambda/logout/webhook/http-request.ts';

/** What API Gateway sends for a session in the path. */
const inPath = (session: string) => ({ routeKey: 'POST /logout/{session}', pathParameters: { session } });

function command(
  event: {
    routeKey?: string;
    pathParameters?: Record<string, string> | null;
    rawPath?: string;
    query?: string | null;
    headers?: Record<string, string> | null;
    method?: string;
    body?: string | null;
    isBase64Encoded?: boolean | null;
  },
  proof: CallerProof = 'bearer',
) {
  const { query = '', method = 'POST', ...rest } = event;
  return commandOf(
    v.parse(webhookRequestSchema, {
      version: '2.0',
      routeKey: 'POST /logout',
      rawPath: '/logout',
      rawQueryString: query,
      requestContext: { http: { method } },
      ...rest,
    }),
    proof,
  );
}

test('null is read as absent', () => {
  const event = { pathParameters: null, query: null, headers: null, body: null, isBase64Encoded: null };
  expect(command(event)).toEqual({ session: 'default', action: 'logout' });
});

describe('a signature, which covers only the body', () => {
  const signed = (event: Parameters<typeof command>[0]) => command(event, 'signature').session;

  test.each([
    ['the body names', { body: '{"session":"garage"}' }, 'garage'],
    ['the path and the body name', { ...inPath('garage'), body: '{"session":"garage"}' }, 'garage'],
    ['is the default, as nothing names another', {}, 'default'],
    ['is the default, by its path', inPath('default'), 'default'],
  ])('is for the session that %s', (_, event, session) => {
    expect(signed(event)).toBe(session);
  });

  test.each([
    ['there is no body', inPath('garage')],
    ['the body names none', { ...inPath('garage'), body: '{"action":"check"}' }],
    ['the body names another', { ...inPath('garage'), body: '{"session":"default"}' }],
  ])('is for no session that only the path names: %s', (_, event) => {
    expect(() => signed(event)).toThrow(expect.objectContaining({ code: 'request_invalid' }));
  });

  test.each(['bearer', 'iam'] as const)('unlike %s, for which the path is enough', (proof) => {
    expect(command(inPath('garage'), proof).session).toBe('garage');
  });
});

describe('the IAM context of API Gateway', () => {
  const withAuthorizer = (authorizer: unknown) =>
    v.parse(webhookRequestSchema, {
      version: '2.0',
      routeKey: 'POST /logout',
      rawPath: '/logout',
      requestContext: { authorizer, http: { method: 'POST' } },
    }).principalArn;

  test('is what its documents show', () => {
    // API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs", payload format version 2.0.
    const iam = {
      accessKey: 'AKIAIOSFODNN7EXAMPLE',
      accountId: '123456789012',
      callerId: 'AIDACKCEVSQ6C2EXAMPLE',
      cognitoIdentity: null,
      principalOrgId: null,
      userArn: 'arn:aws:iam::123456789012:user/caller',
      userId: 'AIDACKCEVSQ6C2EXAMPLE',
    };
    expect(withAuthorizer({ iam })).toBe(iam.userArn);
  });

  test.each([
    [undefined],
    [null],
    [{}],
    [{ iam: null }],
    [{ iam: {} }],
    [{ iam: { userArn: null } }],
    [{ iam: { userArn: '' } }],
    [{ jwt: { claims: {}, scopes: [] } }],
    [{ lambda: { userArn: 'arn:aws:iam::123456789012:user/caller' } }],
  ])('is not %j', (authorizer) => {
    expect(withAuthorizer(authorizer)).toBeUndefined();
  });
});

test.each<[string, object, string]>([
  [
    'the recommended payload',
    { type: 'door.closed', timestamp: '2026-03-01T12:00:00Z', data: { session: 'garage' } },
    'garage',
  ],
  ['its data may be empty', { type: 'door.closed', timestamp: '2026-03-01T12:00:00Z', data: {} }, 'default'],
])('the command is in the data of Standard Webhooks: %s', (_, body, session) => {
  expect(command({ body: JSON.stringify(body) }).session).toBe(session);
  expect(command({ ...inPath(session), body: JSON.stringify(body) }, 'bearer').session).toBe(session);
});

test.each<[object]>([
  [{ type: 'x', data: { session: 'garage' } }],
  [{ type: 'x', timestamp: 't', data: { session: 'garage' }, session: 'garage' }],
  [{ type: 'x', timestamp: 't', data: [] }],
])('is refused where it is only nearly so: %j', (body) => {
  expect(() => command({ body: JSON.stringify(body) })).toThrow(
    expect.objectContaining({ code: 'request_invalid' }),
  );
});

test('no body at all logs out the default session', () => {
  expect(command({})).toEqual({ session: 'default', action: 'logout' });
});

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
  ['a session name with other characters', inPath('../..'), 'request_invalid'],
])('%s is refused', (_, event, code) => {
  expect(() => command(event)).toThrow(expect.objectContaining({ code }));
});

test('bytes that are not UTF-8 are refused as such, not read with replacement characters', () => {
  const body = Buffer.from('{"session":"g\xffrage"}', 'latin1').toString('base64');
  expect(() => command({ body, isBase64Encoded: true })).toThrow('JSON in UTF-8');
});

test('a body of exactly the largest size is read', () => {
  expect(command({ body: `{}${' '.repeat(MAX_BODY_BYTES - 2)}` }).session).toBe('default');
});
