import { createHash, timingSafeEqual } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { Failure } from '../../core/failure.ts';
import { MAX_BODY_BYTES, type WebhookRequest } from './http-request.ts';
import type { WebhookKeys } from './webhook-keys.ts';

/** How a caller was authenticated. */
export type CallerProof = 'bearer' | 'signature' | 'iam';

/**
 * Accepts the webhook's key as `Authorization: Bearer <key>` (RFC 6750), or a Standard Webhooks signature made with it. Before
 * a caller is refused, the keys are read again, since the key may have been changed. All refused callers get the same answer.
 * @param callers the keys, or `iam` if API Gateway authenticates the callers
 */
export async function authenticate(
  callers: WebhookKeys | 'iam',
  request: WebhookRequest,
): Promise<CallerProof> {
  const proof =
    callers === 'iam'
      ? request.iamAuthenticated && 'iam'
      : proofBy(await callers.recent(), request) || proofBy(await callers.renewed(), request);
  if (proof) return proof;
  throw new Failure('unauthenticated', 'the webhook’s credentials are missing or wrong');
}

/** Compares every key, even after a match. */
function proofBy(keys: readonly string[], request: WebhookRequest): CallerProof | undefined {
  const proofs = keys.map((key) => {
    if (bearsKey(key, request)) return 'bearer';
    return isSigned(key, request) ? 'signature' : undefined;
  });
  return proofs.find((proof) => proof !== undefined);
}

/** Compares digests, because a comparison in constant time needs equal lengths. */
function bearsKey(key: string, { headers }: WebhookRequest): boolean {
  const bearer = /^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? '';
  return timingSafeEqual(sha256(bearer), sha256(key));
}

/** The timestamp must be digits only. The library would ignore text after them. */
function isSigned(key: string, { headers, body }: WebhookRequest): boolean {
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
