import { createSecretKey, hash, type KeyObject } from 'node:crypto';
import { textsOf, type WebhookKey, withoutPrefix } from '../../core/webhook-keys.ts';

/** What a caller who has one of a key's texts can show. */
export interface Proof {
  readonly key: WebhookKey;
  readonly digest: Buffer;
  /** Only a key in base64 can sign. */
  readonly secret: KeyObject | undefined;
}

/** For as long as the keys are kept: Node takes longer to make a `KeyObject` than to sign with it. */
export function proofsOf(key: WebhookKey): readonly Proof[] {
  return textsOf(key).map((text) => ({ key, digest: sha256(text), secret: secretOf(text) }));
}

function secretOf(text: string): KeyObject | undefined {
  const encoded = withoutPrefix(text);
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.toString('base64') === encoded ? createSecretKey(bytes) : undefined;
}

export function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
