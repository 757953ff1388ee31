import * as v from 'valibot';
import { expect, test } from 'vitest';
import {
  type CallerProof,
  commandOf,
  MAX_BODY_BYTES,
  webhookRequestSchema,
} from '../../../../lambda/logout/webhook/webhook-request.ts';

interface Event {
  readonly routeKey?: string;
  readonly pathParameters?: Readonly<Record<string, string>> | null;
  readonly rawPath?: string;
  readonly rawQueryString?: string | null;
  readonly headers?: Readonly<Record<string, string>> | null;
  readonly method?: string;
  readonly authorizer?: unknown;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean | null;
}

function parsed({ method = 'POST', authorizer, ...event }: Event) {
  return v.parse(webhookRequestSchema, {
    version: '2.0',
    routeKey: 'POST /logout',
    rawPath: '/logout',
    requestContext: { authorizer, http: { method } },
    ...event,
  });
}

/** What API Gateway sends for a session in the path. */
const inPath = (session: string, more: Event = {}): Event => ({
  routeKey: 'POST /logout/{session}',
  pathParameters: { session },
  ...more,
});
const json = (body: object): Event => ({ body: JSON.stringify(body) });
const base64 = (body: string | Buffer): Event => ({
  body: Buffer.from(body).toString('base64'),
  isBase64Encoded: true,
});
const unrouted = (rawPath: string, method = 'POST'): Event => ({ routeKey: '$default', rawPath, method });
const GARAGE = { session: 'garage' };
const absent = ['pathParameters', 'rawQueryString', 'headers', 'body', 'isBase64Encoded'];
const NULLS: Event = Object.fromEntries(absent.map((field) => [field, null]));

test.each<[what: string, event: Event, session: string, proof?: CallerProof]>([
  ['nothing', {}, 'default'],
  ['null, which is absent', NULLS, 'default'],
  ['the path parameter, which is decoded', inPath('garage', { rawPath: '/logout/g%61rage' }), 'garage'],
  ['the path, by IAM', inPath('garage'), 'garage', 'iam'],
  ['the path, below a stage', inPath('garage', { rawPath: '/prod/logout/garage' }), 'garage'],
  ['the body', json(GARAGE), 'garage'],
  ['the body in base64', base64(JSON.stringify(GARAGE)), 'garage'],
  ['a body of the largest size', { body: `{}${' '.repeat(MAX_BODY_BYTES - 2)}` }, 'default'],
  ['path and body', inPath('garage', json(GARAGE)), 'garage'],
  // Standard Webhooks, the recommended payload.
  ['the data of a payload', json({ type: 'x', timestamp: 't', data: GARAGE }), 'garage'],
  ['the path, with empty data', inPath('garage', json({ type: 'x', timestamp: 't', data: {} })), 'garage'],
  // A signature covers only the body.
  ['a signed body', json(GARAGE), 'garage', 'signature'],
  ['path and signed body', inPath('garage', json(GARAGE)), 'garage', 'signature'],
  ['nothing, signed', {}, 'default', 'signature'],
  ['the path of the default session, signed', inPath('default'), 'default', 'signature'],
])('the command is for the session named by %s', (_, event, session, proof = 'bearer') => {
  expect(commandOf(parsed(event), proof)).toEqual({ session, action: 'logout' });
});

const PAYLOAD = { type: 'x', timestamp: 't', data: GARAGE };

test.each<[what: string, event: Event, code?: string]>([
  ['malformed JSON', { body: '{"session":' }],
  ['a form', { body: 'session=garage' }],
  ['JSON that is no object', { body: '"garage"' }],
  // Not read with replacement characters.
  ['a text that is not UTF-8', base64(Buffer.from('{"session":"g\xffrage"}', 'latin1'))],
  ['a session name with other characters', inPath('../..')],
  ['a query, which might be meant to name a session', { rawQueryString: 'session=garage' }],
  ['a payload without its time', json({ type: 'x', data: GARAGE })],
  ['a payload with a field beside', json({ ...PAYLOAD, ...GARAGE })],
  ['a payload with a list', json({ ...PAYLOAD, data: [] })],
  ['a body that is too large', { body: ' '.repeat(MAX_BODY_BYTES + 1) }, 'request_too_large'],
  ['another path', unrouted('/'), 'not_found'],
  ['a path that only ends like ours', unrouted('/nowhere/logout'), 'not_found'],
  ['a path below the session', unrouted('/logout/garage/now'), 'not_found'],
  ['another method', unrouted('/logout', 'GET'), 'method_not_allowed'],
  ['another method below a stage', unrouted('/prod/logout/garage', 'PUT'), 'method_not_allowed'],
])('%s is refused', (_, event, code = 'request_invalid') => {
  expect(() => commandOf(parsed(event), 'bearer')).toThrow(expect.objectContaining({ code }));
});

test.each<[body: string, event: Event]>([
  ['that is empty', {}],
  ['without a session', json({ action: 'check' })],
])('a path is refused with a signed body %s', (_, event) => {
  expect(() => commandOf(parsed(inPath('garage', event)), 'signature')).toThrow('the signed body must name');
});

const userArn = 'arn:aws:iam::123456789012:user/caller';

test('the IAM context is what the documents of API Gateway show', () => {
  // API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs", payload format version 2.0.
  const iam = {
    accessKey: 'AKIAIOSFODNN7EXAMPLE',
    accountId: '123456789012',
    callerId: 'AIDACKCEVSQ6C2EXAMPLE',
    cognitoIdentity: null,
    principalOrgId: null,
    userArn,
    userId: 'AIDACKCEVSQ6C2EXAMPLE',
  };
  expect(parsed({ authorizer: { iam } }).principalArn).toBe(userArn);
});

const others = [{ jwt: { claims: {}, scopes: [] } }, { lambda: { userArn } }];
const incomplete = [{}, { iam: null }, { iam: {} }, { iam: { userArn: null } }, { iam: { userArn: '' } }];

test.each([
  { authorizer: undefined },
  ...[null, ...incomplete, ...others].map((authorizer) => ({ authorizer })),
])('no IAM context is in %j', ({ authorizer }) => {
  expect(parsed({ authorizer }).principalArn).toBeUndefined();
});
