import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { WebhookKey } from '../../../../lambda/core/webhook-keys.ts';
import { authenticate, requireScope } from '../../../../lambda/logout/webhook/credentials.ts';
import type { KeptKeys } from '../../../../lambda/logout/webhook/kept-keys.ts';
import { proofsOf } from '../../../../lambda/logout/webhook/proof.ts';
import { MAX_BODY_BYTES, type WebhookRequest } from '../../../../lambda/logout/webhook/webhook-request.ts';

const KEY = 'kJ7mPq2XvB9nRt4WcY8sLd3HgF6aZe1UkJ7mPq2XvB9nRt4WcY8sLd3HgF6aZe1U';
const OLD_KEY = `aaaa${KEY.slice(4)}`;
const NOT_BASE64 = ['not-base64-not-base64-not', '='.repeat(24), '!'.repeat(24)];
const PRINCIPAL = 'arn:aws:iam::123456789012:user/caller';
const NOW = new Date('2026-03-01T12:00:00Z');
const BODY = '{"session":"garage"}';

const keyOf = (name: string, key: string, more: Partial<WebhookKey> = {}): WebhookKey => ({
  ...{ name, key, sessions: ['*'], otherClients: true, createdAt: '2026-03-01T12:00:00Z' },
  ...more,
});
const accepting = (...keys: WebhookKey[]): KeptKeys => {
  const proofs = keys.flatMap(proofsOf);
  return { recent: async () => proofs, renewed: async () => proofs };
};

const KEYS = accepting(
  keyOf('owner', KEY, { previousKey: OLD_KEY }),
  // Its beginning is the key of another.
  keyOf('longer', `${KEY}${KEY}`),
  keyOf('prefixed', `whsec_${'p'.repeat(32)}`),
  ...NOT_BASE64.map((key, index) => keyOf(`text-${index}`, key)),
);

type Headers = Readonly<Record<string, string>>;

function request(headers: Headers, body = BODY): WebhookRequest {
  return {
    method: 'POST',
    routeKey: 'POST /logout',
    pathParameters: {},
    rawPath: '/logout',
    query: '',
    headers: new Map(Object.entries(headers)),
    body: Buffer.from(body),
    principalArn: undefined,
    gatewayRequestId: undefined,
  };
}

/** As the reference implementation signs, under one of the two names, and with what `vary` makes of the signature. */
function signed(
  key: string,
  { body = BODY, prefix = 'webhook', at = NOW, vary = (signature: string) => signature } = {},
): Headers {
  return {
    [`${prefix}-id`]: 'msg_1',
    [`${prefix}-timestamp`]: String(Math.floor(at.getTime() / 1000)),
    [`${prefix}-signature`]: vary(new Webhook(key).sign('msg_1', at, body)),
  };
}

/** Signed by hand, with any key and any timestamp. */
function handSigned(secret: Buffer, timestamp = String(NOW.getTime() / 1000), id = 'msg_1'): Headers {
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${BODY}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

const without = (headers: Headers, name: string) =>
  Object.fromEntries(Object.entries(headers).filter(([header]) => header !== name));
const afterSeconds = (seconds: number) => ({ at: new Date(NOW.getTime() + seconds * 1000) });
const refused = (keys: KeptKeys | 'iam', from: WebhookRequest) =>
  expect(authenticate(keys, from)).rejects.toMatchObject({
    code: 'unauthenticated',
    message: 'the webhook’s credentials are missing or wrong',
  });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});

const SIGNED = signed(KEY);
const OTHER = `v1,${'A'.repeat(43)}=`;
const SVIX = signed(KEY, { prefix: 'svix' });
const WRONG_SVIX = signed(KEY, { prefix: 'svix', vary: () => OTHER });
const LARGE = ' '.repeat(MAX_BODY_BYTES + 1);

describe('a caller gets in', () => {
  test.each<[what: string, headers: Headers, name: string, proof?: string]>([
    ['the key', { authorization: `Bearer ${KEY}` }, 'owner'],
    ['the scheme in any case', { authorization: `bEARER  ${KEY}` }, 'owner'],
    ['the key before', { authorization: `Bearer ${OLD_KEY}` }, 'owner'],
    ['a key that begins with another', { authorization: `Bearer ${KEY}${KEY}` }, 'longer'],
    ['a key that is not base64', { authorization: `Bearer ${NOT_BASE64[0]}` }, 'text-0'],
    ['a key and a signature', { authorization: `Bearer ${KEY}`, ...signed(`${KEY}${KEY}`) }, 'owner'],

    ['a signature', SIGNED, 'owner', 'signature'],
    ['one by whsec_ and the key', signed(`whsec_${KEY}`), 'owner', 'signature'],
    ['one by a key that is stored with whsec_', signed('p'.repeat(32)), 'prefixed', 'signature'],
    ['one by the key before', signed(OLD_KEY), 'owner', 'signature'],
    ['one by a key that begins with another', signed(`${KEY}${KEY}`), 'longer', 'signature'],
    ['one five minutes ago', signed(KEY, afterSeconds(-300)), 'owner', 'signature'],
    ['one in five minutes', signed(KEY, afterSeconds(300)), 'owner', 'signature'],
    ['one under Svix’s names', SVIX, 'owner', 'signature'],
    ['the standard’s and a wrong one of Svix', { ...SIGNED, ...WRONG_SVIX }, 'owner', 'signature'],
    ['Svix’s and an incomplete one', { ...SVIX, 'webhook-id': 'x' }, 'owner', 'signature'],
  ])('with %s', async (_, headers, name, proof = 'bearer') => {
    expect(await authenticate(KEYS, request(headers))).toMatchObject({ name, proof });
  });

  const besides = [
    OTHER,
    'v1a,AAAA',
    'v1,AAAA',
    'v2,x',
    'nonsense',
    'v1',
    'v1,',
    `${OTHER} `.repeat(7).trim(),
  ];
  test.each(besides)('with a signature beside %s, however the lines were joined', async (other) => {
    for (const prefix of ['webhook', 'svix'])
      for (const separator of [' ', ',', ', ', '\t']) {
        const join = (...texts: string[]) => texts.join(separator);
        for (const vary of [(text: string) => join(other, text), (text: string) => join(text, other)]) {
          const headers = signed(KEY, { prefix, vary });
          expect(await authenticate(KEYS, request(headers))).toMatchObject({ name: 'owner' });
          await refused(KEYS, request(headers, '{"session":"attic"}'));
        }
      }
  });

  test('with the published test vector', async () => {
    vi.setSystemTime(new Date(1614265330 * 1000));
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const vectorKey = accepting(keyOf('vector', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'));
    await authenticate(vectorKey, request(headers, '{"test": 2432232314}'));
    await refused(vectorKey, request(headers, '{"test": 2432232315}'));
  });

  test('with IAM alone, where API Gateway has authenticated the caller', async () => {
    const iam = { ...request({}), principalArn: PRINCIPAL };
    expect(await authenticate('iam', iam)).toEqual({ name: PRINCIPAL, proof: 'iam', key: undefined });
    for (const headers of [{}, { authorization: `Bearer ${KEY}` }, SIGNED])
      await refused('iam', request(headers));
    await refused(KEYS, iam);
  });
});

describe('a caller is refused', () => {
  const altered = (name: string, value: string) => ({ ...SIGNED, [name]: value });
  const varied = (vary: (signature: string) => string) => signed(KEY, { vary });

  test.each<[what: string, headers: Headers, body?: string]>([
    ['nothing', {}],
    ['an empty key', { authorization: 'Bearer ' }],
    ['a shorter key', { authorization: `Bearer ${KEY.slice(0, -1)}` }],
    ['a longer key', { authorization: `Bearer ${KEY}A` }],
    ['a key without its scheme', { authorization: KEY }],
    ['a key of another scheme', { authorization: `Basic ${KEY}` }],
    ['a key after another word', { authorization: `x Bearer ${KEY}` }],
    ['a key before another word', { authorization: `Bearer ${KEY} x` }],
    ['two lines that were joined', { authorization: `Bearer ${KEY},Bearer ${KEY}` }],
    ['a key in another header', { 'x-api-key': KEY }],

    ['the signature of another key', signed('x'.repeat(64))],
    ['the signature of another body', SIGNED, '{"session":"attic"}'],
    ['one that is too old', signed(KEY, afterSeconds(-301))],
    ['one that is too new', signed(KEY, afterSeconds(301))],
    ['another id', altered('webhook-id', 'msg_2')],
    ['an empty id', handSigned(Buffer.from(KEY, 'base64'), undefined, '')],
    ['another time', altered('webhook-timestamp', String(NOW.getTime() / 1000 + 1))],
    ['no time', altered('webhook-timestamp', '')],
    ['an empty signature', altered('webhook-signature', '')],
    ...Object.keys(SIGNED).map((name): [string, Headers] => [`no ${name}`, without(SIGNED, name)]),
    ...['x', '.5', 'e0'].map((end): [string, Headers] => [
      `a time that ends in ${end}`,
      handSigned(Buffer.from(KEY, 'base64'), `${NOW.getTime() / 1000}${end}`),
    ]),
    [
      'an altered signature',
      varied((signature) => signature.replace(/,./, signature[3] === 'A' ? ',B' : ',A')),
    ],
    ['a signature without its version', varied((signature) => signature.slice(3))],
    ['one of another version', varied((signature) => `v2${signature.slice(2)}`)],
    ['one after other text', varied((signature) => `x${signature}`)],
    ['one before other text', varied((signature) => `${signature}x`)],
    ['one without its padding', varied((signature) => signature.slice(0, -1))],
    ['one after eight others', varied((signature) => `${`${OTHER} `.repeat(8)}${signature}`)],
    ['one in two halves', varied((signature) => `${signature.slice(0, 20)} ${signature.slice(20)}`)],
    ['headers of both names', { ...without(SVIX, 'svix-id'), ...without(SIGNED, 'webhook-signature') }],
    ['a wrong one and Svix’s', { ...varied(() => OTHER), ...SVIX }],
    ['a body that is too large', signed(KEY, { body: LARGE }), LARGE],
    ['the empty key, to which texts decode', handSigned(Buffer.alloc(0))],
    ...NOT_BASE64.map((key): [string, Headers] => [
      `what ${key} decodes to`,
      handSigned(Buffer.from(key, 'base64')),
    ]),
  ])('with %s', async (_, headers, body) => {
    await refused(KEYS, request(headers, body));
  });

  test('if there is no key', async () => {
    await refused(accepting(), request({ authorization: 'Bearer ' }));
    await refused(accepting(), request(SIGNED));
  });

  test('after the keys were read again, once', async () => {
    const renewed = vi.fn(async () => proofsOf(keyOf('owner', KEY)));
    const renewing: KeptKeys = { recent: async () => proofsOf(keyOf('owner', OLD_KEY)), renewed };
    await authenticate(renewing, request({ authorization: `Bearer ${KEY}` }));
    expect(renewed).toHaveBeenCalledTimes(1);
    await authenticate(renewing, request({ authorization: `Bearer ${OLD_KEY}` }));
    expect(renewed).toHaveBeenCalledTimes(1);
    await refused(renewing, request({}));
    expect(renewed).toHaveBeenCalledTimes(2);
  });
});

describe('a key with a scope', () => {
  const FORBIDDEN = expect.objectContaining({ code: 'forbidden' });
  const attempt = (sessions: string[], session: string, clientId?: string, otherClients = false) => {
    const caller = { name: 'x', proof: 'bearer', key: keyOf('x', KEY, { sessions, otherClients }) } as const;
    requireScope(caller, { session, action: 'logout', ...(clientId !== undefined && { clientId }) });
  };

  test('may name the sessions of its names and patterns, and no other', () => {
    for (const session of ['garden', 'tenant-a-1']) attempt(['garden', 'tenant-a-*'], session);
    for (const session of ['garden2', 'tenant-a', 'tenant-b-1']) {
      expect(() => attempt(['garden', 'tenant-a-*'], session)).toThrow(FORBIDDEN);
    }
  });

  test('may name other clients only if it says so', () => {
    attempt(['*'], 'garden', '7', true);
    expect(() => attempt(['*'], 'garden', '7')).toThrow(FORBIDDEN);
    const iam = { name: PRINCIPAL, proof: 'iam', key: undefined } as const;
    requireScope(iam, { session: 'garden', action: 'logout', clientId: '7' });
  });
});
