import { createHmac, timingSafeEqual } from 'node:crypto';
import { Failure } from '../../core/failure.ts';
import { mayName, type WebhookKey } from '../../core/webhook-keys.ts';
import type { Command } from '../command.ts';
import type { KeptKeys } from './kept-keys.ts';
import { type Proof, sha256 } from './proof.ts';
import { type CallerProof, MAX_BODY_BYTES, type WebhookRequest } from './webhook-request.ts';

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
export async function authenticate(callers: KeptKeys | 'iam', request: WebhookRequest): Promise<Caller> {
  const caller = callers === 'iam' ? iamCaller(request) : await keyCaller(callers, request);
  if (caller !== undefined) return caller;
  throw new Failure('unauthenticated', 'the webhook’s credentials are missing or wrong');
}

function iamCaller({ principalArn }: WebhookRequest): Caller | undefined {
  return principalArn === undefined ? undefined : { name: principalArn, proof: 'iam', key: undefined };
}

async function keyCaller(keys: KeptKeys, request: WebhookRequest): Promise<Caller | undefined> {
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

/** Compares every key, even after a match. */
function callerBy(proofs: readonly Proof[], request: WebhookRequest): Caller | undefined {
  const bearer = bearerKey(request);
  const [byKey] = proofs.filter(({ digest }) => timingSafeEqual(digest, bearer));
  if (byKey !== undefined) return { name: byKey.key.name, proof: 'bearer', key: byKey.key };
  const [bySignature] = proofs.filter(signatureVerifier(request));
  return bySignature && { name: bySignature.key.name, proof: 'signature', key: bySignature.key };
}

/** A digest, because a comparison in constant time needs equal lengths. */
function bearerKey({ headers }: WebhookRequest): Buffer {
  return sha256(/^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? '');
}

/** Standard Webhooks, "Verifying webhook authenticity": what is signed is the id, the timestamp and the body. */
function signatureVerifier({ headers, body }: WebhookRequest): (proof: Proof) => boolean {
  const { id, timestamp, signatures } = signatureHeaders(headers);
  if (id === '' || signatures.length === 0) return () => false;
  if (!isRecent(timestamp) || body.length > MAX_BODY_BYTES) return () => false;
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  return ({ secret }) => {
    if (secret === undefined) return false;
    const expected = createHmac('sha256', secret).update(content).digest();
    return signatures.filter((signature) => timingSafeEqual(signature, expected)).length > 0;
  };
}

/** "Timestamps that are more than five minutes old or in the future should be rejected." */
const TOLERANCE_SECONDS = 5 * 60;

function isRecent(timestamp: string): boolean {
  const nowSeconds = Math.floor(Date.now() / 1000);
  return /^\d{1,12}$/.test(timestamp) && Math.abs(nowSeconds - Number(timestamp)) <= TOLERANCE_SECONDS;
}

/** A sender has one secret, and during a rotation two. More signatures than this would cost a stranger nothing, and us time. */
const MAX_SIGNATURES = 8;

/**
 * The headers of Standard Webhooks; if they are not complete, the same under Svix's older names. Signatures are separated by
 * spaces; a proxy that joins repeated header lines puts commas between them (RFC 9110 section 5.3).
 */
function signatureHeaders(headers: WebhookRequest['headers']) {
  const families = ['webhook', 'svix'].map((prefix) =>
    ['id', 'timestamp', 'signature'].flatMap((name) => headers.get(`${prefix}-${name}`) ?? []),
  );
  const [id = '', timestamp = '', signature = ''] = families.find(({ length }) => length === 3) ?? [];
  // 32 bytes in base64.
  const texts = signature.matchAll(/(?:^|[\s,])v1,([A-Za-z0-9+/]{43}=)(?=$|[\s,])/g);
  const signatures = [...texts].slice(0, MAX_SIGNATURES).map(([, text = '']) => Buffer.from(text, 'base64'));
  return { id, timestamp, signatures };
}
