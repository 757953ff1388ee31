import { createHash, timingSafeEqual } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { Failure } from '../failure.ts';
import { type HttpRequest, MAX_BODY_BYTES } from './http-request.ts';
import type { WebhookKeys } from './webhook-keys.ts';

/**
 * Lets in who holds the webhook's key: as `Authorization: Bearer <key>` (RFC 6750), or by a Standard Webhooks signature
 * made with it. A caller that fails is tried once more with the keys read anew, since the key may just have been changed.
 * Everyone refused takes this same path and hears the same.
 */
export async function authenticate(keys: WebhookKeys, request: HttpRequest): Promise<void> {
  if (holdsAnyKey(await keys.recent(), request) || holdsAnyKey(await keys.renewed(), request)) return;
  throw new Failure('unauthenticated', 'the webhook’s credentials are missing or wrong');
}

/** Every key is tried, whatever came of the others. */
function holdsAnyKey(keys: readonly string[], request: HttpRequest): boolean {
  return keys.map((key) => bearsKey(key, request) || isSigned(key, request)).includes(true);
}

/** Digests make texts of different lengths comparable in constant time. */
function bearsKey(key: string, { headers }: HttpRequest): boolean {
  const bearer = /^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? '';
  return timingSafeEqual(sha256(bearer), sha256(key));
}

/** The library reads a timestamp as far as it is one; here it must be one to its end. */
function isSigned(key: string, { headers, body }: HttpRequest): boolean {
  if (body === 'undecodable' || body.length > MAX_BODY_BYTES) return false;
  const signed = Object.fromEntries(
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, headers.get(name) ?? '']),
  );
  if (!/^\d{1,12}$/.test(signed['webhook-timestamp'] ?? '')) return false;
  try {
    new Webhook(key).verify(body, signed, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
