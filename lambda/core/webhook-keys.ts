import * as v from 'valibot';
import { matches, sessionNameSchema, sessionPatternSchema } from './session-name.ts';

/** Printable ASCII without spaces. A Standard Webhooks signature needs a key in base64. */
const KEY_RULE = 'a key must be 24 to 256 printable ASCII characters without spaces';
const WHITE_SPACE = 'a key has white space before or after it, such as a line break';

const keyTextSchema = v.pipe(
  v.string(KEY_RULE),
  v.check((text) => text.trim() === text, WHITE_SPACE),
  v.regex(/^[\x21-\x7e]{24,256}$/, KEY_RULE),
);

/** Names and patterns of the sessions that a key may name. */
export const keySessionsSchema = v.pipe(v.array(sessionPatternSchema), v.minLength(1), v.maxLength(100));

const webhookKeySchema = v.strictObject({
  name: sessionNameSchema,
  key: keyTextSchema,
  /** The one before the last rotation. It is accepted until the next one. */
  previousKey: v.optional(keyTextSchema),
  sessions: keySessionsSchema,
  /** Whether the key may log out other clients of an account, by `clientId`. */
  otherClients: v.boolean(),
  createdAt: v.pipe(v.string(), v.isoTimestamp()),
});

export type WebhookKey = v.InferOutput<typeof webhookKeySchema>;

export const MAX_KEYS = 200;

const DUPLICATE = 'two keys have the same name or the same text';
/** valibot's own messages contain values. */
const OUR_REASONS: readonly string[] = [KEY_RULE, WHITE_SPACE, DUPLICATE];

/** A text that two names had would leave open who called, and what the caller may do. */
const documentSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.strictObject({ keys: v.pipe(v.array(webhookKeySchema), v.maxLength(MAX_KEYS)) }),
  v.check(
    ({ keys }) =>
      areDistinct(keys.map(({ name }) => name)) && areDistinct(keys.flatMap(textsOf).map(withoutPrefix)),
    DUPLICATE,
  ),
);

function areDistinct(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length;
}

/** Standard Webhooks writes `whsec_` before a key. With and without it, a key makes the same signatures. */
export function withoutPrefix(text: string): string {
  return text.replace(/^whsec_/, '');
}

/** The texts by which callers prove that they have the key. */
export function textsOf({ key, previousKey }: WebhookKey): readonly string[] {
  return previousKey === undefined ? [key] : [key, previousKey];
}

/** The name of a bare key. */
export const OWNER = 'owner';

/** What the keys' secret holds: one bare key, which opens every session, or a document. Anything else lets nobody in. */
export type StoredKeys =
  | { readonly kind: 'bare' | 'document'; readonly keys: readonly WebhookKey[] }
  /** The reason contains no value. */
  | { readonly kind: 'malformed'; readonly why: string };

/**
 * The keys that are accepted.
 * @param previous the text before: it counts only where both are bare, because a document has its previous keys itself, and
 *   a key that was removed must not be accepted
 * @param createdAt the age of a bare key
 */
export function parseStoredKeys(text: string, previous?: string, createdAt?: string): StoredKeys {
  if (isDocument(text)) {
    const document = v.safeParse(documentSchema, text, { abortPipeEarly: true });
    if (document.success) return { kind: 'document', ...document.output };
    const ours = document.issues.find(({ message }) => OUR_REASONS.includes(message));
    return { kind: 'malformed', why: ours?.message ?? 'it is neither one key nor a document of keys' };
  }
  const bare = v.safeParse(keyTextSchema, text, { abortPipeEarly: true });
  if (!bare.success) return { kind: 'malformed', why: bare.issues[0].message };
  const isBare = previous !== undefined && !isDocument(previous) && v.is(keyTextSchema, previous);
  return { kind: 'bare', keys: [ownerKey(text, isBare ? previous : undefined, createdAt)] };
}

function isDocument(text: string): boolean {
  return /^\s*[{[]/.test(text);
}

export function keysDocument(keys: readonly WebhookKey[]): string {
  return JSON.stringify({ keys });
}

export function ownerKey(
  key: string,
  previousKey: string | undefined,
  createdAt = '1970-01-01T00:00:00Z',
): WebhookKey {
  return {
    name: OWNER,
    key,
    ...(previousKey !== undefined && { previousKey }),
    sessions: ['*'],
    otherClients: true,
    createdAt,
  };
}

export function mayName({ sessions }: WebhookKey, session: string): boolean {
  return sessions.some((pattern) => matches(pattern)(session));
}
