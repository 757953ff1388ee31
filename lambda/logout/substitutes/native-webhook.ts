import { createHmac, timingSafeEqual } from 'node:crypto';

const TOLERANCE_SECONDS = 5 * 60;
const PREFIX = 'whsec_';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Replaces `standardwebhooks`, which implements SHA-256, HMAC and base64 in JavaScript, by Node's own functions. It verifies
 * signatures as the library does (Standard Webhooks specification, "Verifying signatures"), and has the interface in use.
 */
export class Webhook {
  readonly #key: Buffer;

  /** @param secret base64, with or without `whsec_` */
  constructor(secret: string) {
    const key = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
    if (key === '' || !BASE64.test(key)) throw new Error('the secret is not base64');
    this.#key = Buffer.from(key, 'base64');
  }

  /** Throws unless a signature matches and the timestamp is within five minutes of now. */
  verify(payload: string | Buffer, headers: Readonly<Record<string, string>>): void {
    const { 'webhook-id': id, 'webhook-timestamp': sentAt, 'webhook-signature': signatures } = headers;
    if (!id || !sentAt || !signatures) throw new Error('a header is missing');
    const ageSeconds = Math.floor(Date.now() / 1_000) - Number(sentAt);
    if (!(Math.abs(ageSeconds) <= TOLERANCE_SECONDS)) throw new Error('the timestamp is not recent');
    const expected = createHmac('sha256', this.#key)
      .update(`${id}.${sentAt}.`)
      .update(payload)
      .digest('base64');
    const isRight = signatures.split(' ').some((each) => {
      const [version, signature = ''] = each.split(',');
      return version === 'v1' && isEqual(signature, expected);
    });
    if (!isRight) throw new Error('no signature matches');
  }
}

function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
