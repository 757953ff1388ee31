import { createHmac, createSecretKey, hash, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { Failure } from '../../core/failure.ts';
import { mayName, textsOf, type WebhookKey } from '../../core/webhook-keys.ts';
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
  const caller = callers === 'iam' ? iamCaller(request) : await keyCaller(callers, request);
  if (caller !== undefined) return caller;
  throw new Failure('unauthenticated', 'the webhook’s credentials are missing or wrong');
}

function iamCaller({ principalArn }: WebhookRequest): Caller | undefined {
  return principalArn === undefined ? undefined : { name: principalArn, proof: 'iam', key: undefined };
}

async function keyCaller(keys: WebhookKeys, request: WebhookRequest): Promise<Caller | undefined> {
  const recent = await keys.recent();
  const caller = callerBy(recent, request);
  if (caller !== undefined) return caller;
  const renewed = await keys.renewed();
  return renewed === recent ? undefined : callerBy(renewed, request);
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
  const bearer = bearerKey(keys, request);
  if (bearer !== undefined) return { name: bearer.name, proof: 'bearer', key: bearer };
  const signer = signingKey(keys, request);
  return signer && { name: signer.name, proof: 'signature', key: signer };
}

/** Compares every key, even after a match. Digests, because a comparison in constant time needs equal lengths. */
function bearerKey(keys: readonly WebhookKey[], { headers }: WebhookRequest): WebhookKey | undefined {
  const given = sha256(/^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? '');
  return keys.filter(
    (key) => textsOf(key).filter((text) => timingSafeEqual(sha256(text), given)).length > 0,
  )[0];
}

/**
 * Finds the key by Node's HMAC, which takes microseconds. The library, which takes much longer, then verifies with this key
 * alone. The timestamp must be digits only: the library would ignore text after them.
 */
function signingKey(keys: readonly WebhookKey[], { headers, body }: WebhookRequest): WebhookKey | undefined {
  const { id, timestamp, signatures } = signatureHeaders(headers);
  if (body === 'undecodable' || body.length > MAX_BODY_BYTES) return undefined;
  if (id === '' || signatures.length === 0 || !/^\d{1,12}$/.test(timestamp)) return undefined;
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const given = new Set(signatures.map(blinded));
  const [signer] = keys
    .flatMap(secretsOf)
    .filter(({ secret }) =>
      given.has(blinded(createHmac('sha256', secret).update(content).digest('base64'))),
    );
  if (signer === undefined) return undefined;
  const signed = {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.map((signature) => `v1,${signature}`).join(' '),
  };
  try {
    new Webhook(signer.text).verify(body, signed, { jsonParse: false });
    return signer.key;
  } catch {
    return undefined;
  }
}

const SALT = randomBytes(32).toString('base64');

/**
 * For comparing many texts with many: the time that it takes tells a caller nothing, because the digests depend on the salt. To
 * compare 64 signatures with 200 keys one by one takes ten times as long.
 */
function blinded(text: string): string {
  return hash('sha256', SALT + text);
}

interface Secret {
  readonly key: WebhookKey;
  readonly text: string;
  readonly secret: KeyObject;
}

/** For as long as the keys are kept: Node takes longer to make a `KeyObject` than to sign with it. */
const secrets = new WeakMap<WebhookKey, readonly Secret[]>();

function secretsOf(key: WebhookKey): readonly Secret[] {
  const known = secrets.get(key);
  if (known !== undefined) return known;
  const made = textsOf(key).map((text) => ({
    key,
    text,
    secret: createSecretKey(Buffer.from(text, 'base64')),
  }));
  secrets.set(key, made);
  return made;
}

/**
 * The headers of Standard Webhooks, or the same under Svix's older names. Signatures are separated by spaces; a proxy that
 * joins repeated header lines puts commas between them (RFC 9110 section 5.3).
 */
function signatureHeaders(headers: WebhookRequest['headers']) {
  const prefix = headers.has('webhook-signature') ? 'webhook' : 'svix';
  const value = (name: string) => headers.get(`${prefix}-${name}`) ?? '';
  // 32 bytes in base64.
  const signatures = value('signature').matchAll(/(?:^|[\s,])v1,([A-Za-z0-9+/]{43}=)(?=$|[\s,])/g);
  return {
    id: value('id'),
    timestamp: value('timestamp'),
    signatures: [...signatures].slice(0, 64).map(([, signature = '']) => signature),
  };
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
