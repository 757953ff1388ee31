import { execFileSync } from 'node:child_process';
import { Webhook } from 'standardwebhooks';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ownerKey, type WebhookKey } from '../../../../lambda/core/webhook-keys.ts';
import { authenticate, requireScope } from '../../../../lambda/logout/webhook/credentials.ts';
import { MAX_BODY_BYTES, type WebhookRequest } from '../../../../lambda/logout/webhook/http-request.ts';
import type { WebhookKeys } from '../../../../lambda/logout/webhook/webhook-keys.ts';

const KEY = 'kJ7mPq2XvB9nRt4WcY8sLd3HgF6aZe1UkJ7mPq2XvB9nRt4WcY8sLd3HgF6aZe1U';
const OLD_KEY = 'aaaaPq2XvB9nRt4WcY8sLd3HgF6aZe1UkJ7mPq2XvB9nRt4WcY8sLd3HgF6aZe1U';
const PRINCIPAL = 'arn:aws:iam::123456789012:user/caller';
const NOW = new Date('2026-03-01T12:00:00Z');

function accepting(...keys: WebhookKey[]): WebhookKeys {
  return { recent: async () => keys, renewed: async () => keys };
}

/** A bare key, and the one before it. */
const keysOf = (key: string, previousKey?: string) => accepting(ownerKey(key, previousKey));

function request(
  headers: Record<string, string>,
  body: WebhookRequest['body'] = Buffer.from('{}'),
): WebhookRequest {
  return {
    method: 'POST',
    routeKey: 'POST /logout',
    pathParameters: {},
    rawPath: '/logout',
    query: '',
    headers: new Map(Object.entries(headers)),
    body,
    principalArn: undefined,
    gatewayRequestId: undefined,
  };
}

function signed(key: string, body: string, { id = 'msg_1', at = NOW }: { id?: string; at?: Date } = {}) {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(key).sign(id, at, body),
  };
}

const refused = (keys: WebhookKeys, from: WebhookRequest) =>
  expect(authenticate(keys, from)).rejects.toMatchObject({
    code: 'unauthenticated',
    message: 'the webhook’s credentials are missing or wrong',
  });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});

describe('with IAM', () => {
  test('a caller that API Gateway has authenticated gets in', async () => {
    expect(await authenticate('iam', { ...request({}), principalArn: PRINCIPAL })).toEqual({
      name: PRINCIPAL,
      proof: 'iam',
      key: undefined,
    });
  });

  test.each([
    ['no IAM context', {}],
    ['the webhook’s key', { authorization: `Bearer ${KEY}` }],
  ])('a caller with %s is refused', async (_, headers) => {
    await expect(authenticate('iam', request(headers))).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

test('with the key, the IAM context of a caller counts for nothing', async () => {
  await refused(keysOf(KEY), { ...request({}), principalArn: PRINCIPAL });
});

describe('a bearer key', () => {
  test.each([['Bearer'], ['bearer'], ['BEARER']])('gets in as %s', async (scheme) => {
    await authenticate(keysOf(KEY), request({ authorization: `${scheme} ${KEY}` }));
  });

  test('gets in while it is the previous one', async () => {
    await authenticate(keysOf(KEY, OLD_KEY), request({ authorization: `Bearer ${OLD_KEY}` }));
  });

  test.each([
    ['none', {}],
    ['an empty one', { authorization: 'Bearer ' }],
    ['a shorter one', { authorization: `Bearer ${KEY.slice(0, -1)}` }],
    ['a longer one', { authorization: `Bearer ${KEY}A` }],
    ['one of another case', { authorization: `Bearer ${KEY.toLowerCase()}` }],
    ['one without its scheme', { authorization: KEY }],
    ['one of another scheme', { authorization: `Basic ${KEY}` }],
    ['one after another word', { authorization: `x Bearer ${KEY}` }],
    ['one before another word', { authorization: `Bearer ${KEY} x` }],
    ['one in another header', { 'x-api-key': KEY }],
  ])('%s is refused', async (_, headers) => {
    await refused(keysOf(KEY), request(headers));
  });

  test('with one altered byte is refused, whichever it is', async () => {
    for (let at = 0; at < KEY.length; at++) {
      const altered = `${KEY.slice(0, at)}_${KEY.slice(at + 1)}`;
      await refused(keysOf(KEY), request({ authorization: `Bearer ${altered}` }));
    }
  });

  test('is read again, once, before a caller is refused', async () => {
    let reads = 0;
    const renewing: WebhookKeys = {
      recent: async () => [ownerKey(OLD_KEY, undefined)],
      renewed: async () => {
        reads += 1;
        return [ownerKey(KEY, OLD_KEY)];
      },
    };
    await authenticate(renewing, request({ authorization: `Bearer ${KEY}` }));
    expect(reads).toBe(1);
    await authenticate(renewing, request({ authorization: `Bearer ${OLD_KEY}` }));
    expect(reads).toBe(1);
    await refused(renewing, request({}));
    expect(reads).toBe(2);
  });

  test('without a key, every caller is refused', async () => {
    await refused(accepting(), request({ authorization: 'Bearer ' }));
    await refused(accepting(), request(signed(KEY, '{}')));
  });
});

describe('a Standard Webhooks signature', () => {
  const body = '{"session":"garage"}';

  test('made by the standardwebhooks library gets in', async () => {
    const from = request(signed(`whsec_${KEY}`, body), Buffer.from(body));
    expect(await authenticate(keysOf(KEY), from)).toMatchObject({ name: 'owner', proof: 'signature' });
    const { headers } = request({ ...Object.fromEntries(from.headers), authorization: `Bearer ${KEY}` });
    expect(await authenticate(keysOf(KEY), { ...from, headers })).toMatchObject({ proof: 'bearer' });
  });

  test('made by openssl gets in', async () => {
    const timestamp = String(NOW.getTime() / 1000);
    const hexKey = Buffer.from(KEY, 'base64').toString('hex');
    const digest = execFileSync(
      'openssl',
      ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', `hexkey:${hexKey}`, '-binary'],
      {
        input: `msg_2.${timestamp}.${body}`,
      },
    );
    const headers = {
      'webhook-id': 'msg_2',
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${digest.toString('base64')}`,
    };
    await authenticate(keysOf(KEY), request(headers, Buffer.from(body)));
  });

  test('is checked as the published test vector is', async () => {
    vi.setSystemTime(new Date(1614265330 * 1000));
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const vectorKey = keysOf('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    await authenticate(vectorKey, request(headers, Buffer.from('{"test": 2432232314}')));
    await refused(vectorKey, request(headers, Buffer.from('{"test": 2432232315}')));
  });

  test('of the previous key gets in', async () => {
    await authenticate(keysOf(KEY, OLD_KEY), request(signed(OLD_KEY, body), Buffer.from(body)));
  });

  test('is accepted among several, also of other versions', async () => {
    const headers = signed(KEY, body);
    const several = `v1a,AAAA v1,AAAA ${headers['webhook-signature']} nonsense`;
    await authenticate(keysOf(KEY), request({ ...headers, 'webhook-signature': several }, Buffer.from(body)));
  });

  test.each<[string, (signature: string, prefix: string) => Record<string, string>]>([
    ['joined by a comma', (signature, prefix) => ({ [`${prefix}-signature`]: `v1,AAAA,${signature}` })],
    [
      'joined by a comma and a space',
      (signature, prefix) => ({ [`${prefix}-signature`]: `v1a,AAAA, ${signature}` }),
    ],
    [
      'between 62 others',
      (signature, prefix) => ({ [`${prefix}-signature`]: `${'v1,AAAA '.repeat(62)}${signature}` }),
    ],
  ])('is found among several, under both names of the headers: %s', async (_, joined) => {
    const {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signature,
    } = signed(KEY, body);
    for (const prefix of ['webhook', 'svix']) {
      const headers = {
        [`${prefix}-id`]: id,
        [`${prefix}-timestamp`]: timestamp,
        ...joined(signature, prefix),
      };
      await authenticate(keysOf(KEY), request(headers, Buffer.from(body)));
    }
  });

  test('is not put together from headers of both names', async () => {
    const {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signature,
    } = signed(KEY, body);
    const headers = { 'svix-id': id, 'svix-timestamp': timestamp, 'webhook-signature': signature };
    await refused(keysOf(KEY), request(headers, Buffer.from(body)));
  });

  test.each([
    [-300, true],
    [300, true],
    [-301, false],
    [301, false],
  ])('%i seconds away from now: gets in is %s', async (seconds, getsIn) => {
    const headers = signed(KEY, body, { at: new Date(NOW.getTime() + seconds * 1000) });
    const from = request(headers, Buffer.from(body));
    if (getsIn) await authenticate(keysOf(KEY), from);
    else await refused(keysOf(KEY), from);
  });

  test('with one altered byte is refused: in the id, the time, the signature or the body', async () => {
    const headers = signed(KEY, body);
    const bytes = Buffer.from(body);
    await refused(keysOf(KEY), request({ ...headers, 'webhook-id': 'msg_2' }, bytes));
    const next = String(Number(headers['webhook-timestamp']) + 1);
    await refused(keysOf(KEY), request({ ...headers, 'webhook-timestamp': next }, bytes));
    await refused(
      keysOf(KEY),
      request({ ...headers, 'webhook-timestamp': `${headers['webhook-timestamp']}x` }, bytes),
    );
    const signature = headers['webhook-signature'];
    const altered = signature.replace(/,./, signature[3] === 'A' ? ',B' : ',A');
    await refused(keysOf(KEY), request({ ...headers, 'webhook-signature': altered }, bytes));
    for (let at = 0; at < bytes.length; at++) {
      const alteredBody = Buffer.from(bytes);
      alteredBody.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      await refused(keysOf(KEY), request(headers, alteredBody));
    }
  });

  test('without one of its three headers is refused', async () => {
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
      const headers = Object.entries(signed(KEY, body)).filter(([header]) => header !== name);
      await refused(keysOf(KEY), request(Object.fromEntries(headers), Buffer.from(body)));
    }
  });

  test('over a body that is too large or undecodable is refused', async () => {
    const large = ' '.repeat(MAX_BODY_BYTES + 1);
    await refused(keysOf(KEY), request(signed(KEY, large), Buffer.from(large)));
    await refused(keysOf(KEY), request(signed(KEY, 'undecodable'), 'undecodable'));
  });

  test('cannot be made with a key that is not base64', async () => {
    await refused(keysOf('not-base64-not-base64-not'), request(signed(KEY, body), Buffer.from(body)));
  });
});

describe('a key with a scope', () => {
  const keyOf = (name: string, key: string, sessions: string[], otherClients = false): WebhookKey => ({
    name,
    key,
    sessions,
    otherClients,
    createdAt: '2026-03-01T12:00:00Z',
  });
  const KEYS = accepting(
    keyOf('garden', KEY, ['garden']),
    keyOf('tenant-a', OLD_KEY, ['tenant-a-*', 'default'], true),
    // Its beginning is the key of another.
    keyOf('longer', `${KEY}${KEY}`, ['*']),
  );

  test.each([
    [KEY, 'garden'],
    [OLD_KEY, 'tenant-a'],
    [`${KEY}${KEY}`, 'longer'],
  ])('gives its caller the name of the key, by bearer and by signature', async (key, name) => {
    const bearer = request({ authorization: `Bearer ${key}` });
    expect(await authenticate(KEYS, bearer)).toMatchObject({ name, proof: 'bearer' });
    const signature = request(signed(key, '{"a":1}'), Buffer.from('{"a":1}'));
    expect(await authenticate(KEYS, signature)).toMatchObject({ name, proof: 'signature' });
  });

  test('cannot sign the body of another request', async () => {
    await refused(
      KEYS,
      request(signed(KEY, '{"session":"garden"}'), Buffer.from('{"session":"tenant-a-1"}')),
    );
  });

  test.each<[string[], string, boolean]>([
    [['garden'], 'garden', true],
    [['garden'], 'garden2', false],
    [['garden'], 'gardens-garden', false],
    [['tenant-a-*'], 'tenant-a-1', true],
    [['tenant-a-*'], 'tenant-a', false],
    [['tenant-a-*'], 'tenant-b-1', false],
    [['*-1'], 'a-1', true],
    [['a*c'], 'abc', true],
    [['a*c'], 'ac', true],
    [['a*bc'], 'abcbc', true],
    [['a*c'], 'abcd', false],
    [['*'], 'anything', true],
    [['a', 'b'], 'b', true],
    [[`${'a*'.repeat(31)}b`], 'a'.repeat(63), false],
  ])('for %j may name %s: %s', (sessions, session, may) => {
    const caller = { name: 'x', proof: 'bearer', key: keyOf('x', KEY, sessions) } as const;
    const attempt = () => requireScope(caller, { session, action: 'logout' });
    if (may) attempt();
    else expect(attempt).toThrow(expect.objectContaining({ code: 'forbidden' }));
  });

  test('may name other clients only if it says so', () => {
    const command = { session: 'garden', action: 'logout', clientId: '7' } as const;
    const caller = (otherClients: boolean) =>
      ({ name: 'x', proof: 'bearer', key: keyOf('x', KEY, ['*'], otherClients) }) as const;
    requireScope(caller(true), command);
    expect(() => requireScope(caller(false), command)).toThrow(
      expect.objectContaining({ code: 'forbidden' }),
    );
    requireScope({ name: PRINCIPAL, proof: 'iam', key: undefined }, command);
  });
});
