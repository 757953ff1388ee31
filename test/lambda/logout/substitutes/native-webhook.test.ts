import { Webhook as Reference } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { Webhook } from '../../../../lambda/logout/substitutes/native-webhook.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const now = () => Math.floor(Date.now() / 1_000);

function signed(secret: string, body: string, sentAt = now()) {
  return {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(sentAt),
    'webhook-signature': new Reference(secret).sign('msg_1', new Date(sentAt * 1_000), body),
  };
}

function accepts(verify: () => void): boolean {
  try {
    verify();
    return true;
  } catch {
    return false;
  }
}

const headers = signed(SECRET, '{}');
const { 'webhook-signature': signature } = headers;

describe('the replacement of the signatures’ reference implementation decides as that does:', () => {
  it.each<[string, boolean, string, string, Record<string, string>]>([
    ['a signature', true, SECRET, '{}', headers],
    ['an empty body', true, SECRET, '', signed(SECRET, '')],
    ['a body beyond ASCII', true, SECRET, '{"a":"é…"}', signed(SECRET, '{"a":"é…"}')],
    ['a secret without its prefix', true, SECRET.slice('whsec_'.length), '{}', headers],
    ['one of several', true, SECRET, '{}', { ...headers, 'webhook-signature': `v1a,x v1,AAAA ${signature}` }],
    ['almost five minutes', true, SECRET, '{}', signed(SECRET, '{}', now() - 295)],
    ['over five minutes', false, SECRET, '{}', signed(SECRET, '{}', now() - 305)],
    ['over five minutes ahead', false, SECRET, '{}', signed(SECRET, '{}', now() + 305)],
    ['another body', false, SECRET, '{ }', headers],
    ['another secret', false, `whsec_${'k'.repeat(64)}`, '{}', headers],
    ['another id', false, SECRET, '{}', { ...headers, 'webhook-id': 'msg_2' }],
    ['another time', false, SECRET, '{}', { ...headers, 'webhook-timestamp': String(now() - 1) }],
    ['no time', false, SECRET, '{}', { ...headers, 'webhook-timestamp': 'soon' }],
    ['no id', false, SECRET, '{}', { ...headers, 'webhook-id': '' }],
    [
      'another version',
      false,
      SECRET,
      '{}',
      { ...headers, 'webhook-signature': signature.replace('v1', 'v2') },
    ],
    [
      'a signature cut short',
      false,
      SECRET,
      '{}',
      { ...headers, 'webhook-signature': signature.slice(0, -4) },
    ],
    ['no signature', false, SECRET, '{}', { ...headers, 'webhook-signature': 'v1' }],
    ['a secret that is not base64', false, 'not base64!', '{}', headers],
    ['a secret of the wrong length', false, 'abcde', '{}', headers],
    ['an empty secret', false, 'whsec_', '{}', headers],
  ])('%s: %s', (_what, accepted, secret, body, given) => {
    const payload = Buffer.from(body);
    expect(accepts(() => new Reference(secret).verify(payload, given, { jsonParse: false }))).toBe(accepted);
    expect(accepts(() => new Webhook(secret).verify(payload, given))).toBe(accepted);
  });
});
