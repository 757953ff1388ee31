import { createHmac } from 'node:crypto';

/** Replaces `fast-sha256`, of which `standardwebhooks` uses only this function. */
export function hmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(message).digest();
}
