import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { Failure } from '../../core/failure.ts';
import { mayName, type WebhookKey } from '../../core/webhook-keys.ts';
import type { Command } from '../command.ts';
import { type CallerProof, MAX_BODY_BYTES, type WebhookRequest } from './http-request.ts';
import type { WebhookKeys } from './webhook-keys.ts';

/** An authenticated caller of the webhook. */
export interface Caller {
  /** The key's name, or the ARN of the IAM principal. */
  readonly name: string;
  readonly proof: CallerProof;
  /** `undefined`: IAM has decided. */
  readonly key: WebhookKey | undefined;
}

/**
 * Accepts a key as `Authorization: Bearer <key>` (RFC 6750), or a Standard Webhooks signature made with it. Before a caller
 * is refused, the keys are read again, since they may have been changed. All refused callers get the same answer.
 * @param callers the keys, or `iam` if API Gateway authenticates the callers
 */
export async function authenticate(callers: WebhookKeys | 'iam', request: WebhookRequest): Promise<Caller> {
  const caller =
    callers === 'iam'
      ? request.principalArn !== undefined && {
          name: request.principalArn,
          proof: 'iam' as const,
          key: undefined,
        }
      : callerBy(await callers.recent(), request) || callerBy(await callers.renewed(), request);
  if (caller) return caller;
  throw new Failure('unauthenticated', 'the webhook’s credentials are missing or wrong');
}

/** Throws `forbidden` if the caller's key is not for this command. */
export function requireScope({ key }: Caller, { session, clientId }: Command): void {
  if (key === undefined) return;
  if (!mayName(key, session)) throw new Failure('forbidden', 'the key is not for this session');
  if (clientId !== undefined && !key.otherClients) {
    throw new Failure('forbidden', 'the key may not log out other clients');
  }
}

function callerBy(keys: readonly WebhookKey[], request: WebhookRequest): Caller | undefined {
  const texts = keys.flatMap((key) =>
    [key.key, ...(key.previousKey === undefined ? [] : [key.previousKey])].map((text) => ({ key, text })),
  );
  const bearer = bearerKey(texts, request);
  if (bearer !== undefined) return { name: bearer.key.name, proof: 'bearer', key: bearer.key };
  const signer = signingKey(texts, request);
  return signer && { name: signer.key.name, proof: 'signature', key: signer.key };
}

interface KeyText {
  readonly key: WebhookKey;
  readonly text: string;
}

/** Compares every key, even after a match. Digests, because a comparison in constant time needs equal lengths. */
function bearerKey(texts: readonly KeyText[], { headers }: WebhookRequest): KeyText | undefined {
  const given = sha256(/^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? '');
  return texts.filter(({ text }) => timingSafeEqual(sha256(text), given))[0];
}

/**
 * Finds the key by Node's HMAC, which takes microseconds. The library, which takes much longer, then verifies with this key
 * alone. The timestamp must be digits only: the library would ignore text after them.
 */
function signingKey(texts: readonly KeyText[], { headers, body }: WebhookRequest): KeyText | undefined {
  const { id, timestamp, signatures } = signatureHeaders(headers);
  if (body === 'undecodable' || body.length > MAX_BODY_BYTES) return undefined;
  if (id === '' || signatures.length === 0 || !/^\d{1,12}$/.test(timestamp)) return undefined;
  const [signer] = texts.filter(({ text }) => {
    const expected = createHmac('sha256', Buffer.from(text, 'base64'))
      .update(`${id}.${timestamp}.`)
      .update(body);
    const digest = sha256(expected.digest('base64'));
    return signatures.filter((signature) => timingSafeEqual(sha256(signature), digest)).length > 0;
  });
  if (signer === undefined) return undefined;
  const signed = {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.map((signature) => `v1,${signature}`).join(' '),
  };
  try {
    new Webhook(signer.text).verify(body, signed, { jsonParse: false });
    return signer;
  } catch {
    return undefined;
  }
}

/**
 * The headers of Standard Webhooks, or the same under Svix's older names. Signatures are separated by spaces; a proxy that
 * joins repeated header lines puts commas between them (RFC 9110 section 5.3).
 */
function signatureHeaders(headers: WebhookRequest['headers']) {
  const prefix = headers.has('webhook-signature') ? 'webhook' : 'svix';
  const value = (name: string) => headers.get(`${prefix}-${name}`) ?? '';
  const signatures = value('signature').matchAll(/(?:^|[\s,])v1,([A-Za-z0-9+/=]{1,100})(?=$|[\s,])/g);
  return {
    id: value('id'),
    timestamp: value('timestamp'),
    signatures: [...signatures].map(([, signature = '']) => signature).slice(0, 64),
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
