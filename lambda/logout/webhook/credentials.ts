import { createHmac, createSecretKey, hash, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { Failure } from '../../core/failure.ts';
import { mayName, textsOf, type WebhookKey, withoutPrefix } from '../../core/webhook-keys.ts';
import type { Command } from '../command.ts';
import type { KeptKeys } from './kept-keys.ts';
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

function callerBy(keys: readonly WebhookKey[], request: WebhookRequest): Caller | undefined {
  const bearer = bearerKey(keys, request);
  if (bearer !== undefined) return { name: bearer.name, proof: 'bearer', key: bearer };
  const signer = signingKey(keys, request);
  return signer && { name: signer.name, proof: 'signature', key: signer };
}

/** Compares every key, even after a match. Digests, because a comparison in constant time needs equal lengths. */
function bearerKey(keys: readonly WebhookKey[], { headers }: WebhookRequest): WebhookKey | undefined {
  const given = sha256(/^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? '');
  return keys.flatMap(proofsOf).filter(({ digest }) => timingSafeEqual(digest, given))[0]?.key;
}

/** Standard Webhooks, "Verifying webhook authenticity": what is signed is the id, the timestamp and the body. */
function signingKey(keys: readonly WebhookKey[], { headers, body }: WebhookRequest): WebhookKey | undefined {
  const { id, timestamp, signatures } = signatureHeaders(headers);
  if (body === 'undecodable' || body.length > MAX_BODY_BYTES) return undefined;
  if (id === '' || signatures.length === 0 || !isRecent(timestamp)) return undefined;
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const given = new Set(signatures.map(blinded));
  return keys
    .flatMap(proofsOf)
    .filter(({ secret }) => secret !== undefined && given.has(blinded(signatureOf(content, secret))))[0]?.key;
}

/** "Timestamps that are more than five minutes old or in the future should be rejected." */
const TOLERANCE_SECONDS = 5 * 60;

function isRecent(timestamp: string): boolean {
  const nowSeconds = Math.floor(Date.now() / 1000);
  return /^\d{1,12}$/.test(timestamp) && Math.abs(nowSeconds - Number(timestamp)) <= TOLERANCE_SECONDS;
}

function signatureOf(content: Buffer, secret: KeyObject): string {
  return createHmac('sha256', secret).update(content).digest('base64');
}

const SALT = randomBytes(32).toString('base64');

/**
 * For comparing many texts with many: the time that it takes tells a caller nothing, because the digests depend on the salt. To
 * compare 64 signatures with 200 keys one by one takes ten times as long.
 */
function blinded(text: string): string {
  return hash('sha256', SALT + text);
}

/** What a caller who has the key can show. */
interface Proof {
  readonly key: WebhookKey;
  readonly digest: Buffer;
  /** Only a key in base64 can sign. */
  readonly secret: KeyObject | undefined;
}

/** For as long as the keys are kept: Node takes longer to make a `KeyObject` than to sign with it. */
const proofs = new WeakMap<WebhookKey, readonly Proof[]>();

function proofsOf(key: WebhookKey): readonly Proof[] {
  const known = proofs.get(key);
  if (known !== undefined) return known;
  const made = textsOf(key).map((text) => ({ key, digest: sha256(text), secret: secretOf(text) }));
  proofs.set(key, made);
  return made;
}

function secretOf(text: string): KeyObject | undefined {
  const encoded = withoutPrefix(text);
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.toString('base64') === encoded ? createSecretKey(bytes) : undefined;
}

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
  const signatures = signature.matchAll(/(?:^|[\s,])v1,([A-Za-z0-9+/]{43}=)(?=$|[\s,])/g);
  return { id, timestamp, signatures: [...signatures].slice(0, 64).map(([, text = '']) => text) };
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
