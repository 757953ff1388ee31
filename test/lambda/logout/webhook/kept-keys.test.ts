import { expect, test, vi } from 'vitest';
import { Failure } from '../../../../lambda/core/failure.ts';
import { keysDocument, parseStoredKeys, textsOf } from '../../../../lambda/core/webhook-keys.ts';
import { keptKeys, readWebhookKeys } from '../../../../lambda/logout/webhook/kept-keys.ts';
import type { Proof } from '../../../../lambda/logout/webhook/proof.ts';
import { inProcessStore } from '../../in-process-store.ts';

const [KEY, OLD_KEY, NEW_KEY] = ['k'.repeat(64), 'o'.repeat(64), 'n'.repeat(64)];

const entry = (fields: object = {}) => ({
  ...{ name: 'garden', key: NEW_KEY, sessions: ['garden'], otherClients: false },
  createdAt: '2026-03-01T12:00:00.000Z',
  ...fields,
});
const document = (...entries: ReturnType<typeof entry>[]) => keysDocument(entries);
const malformed = (fields: object) => JSON.stringify({ keys: [entry(fields)] });
const attic = (key: string) => entry({ name: 'attic', key });

test.each<[what: string, text: string, previous: string | undefined, accepted: string[]]>([
  ['a bare key that was never changed', OLD_KEY, undefined, [OLD_KEY]],
  ['a bare key, and the one before', KEY, OLD_KEY, [KEY, OLD_KEY]],
  ['a bare key after one with a line break', NEW_KEY, `${KEY}\n`, [NEW_KEY]],
  [
    'a document, with its previous keys',
    document(entry({ previousKey: OLD_KEY }), attic(KEY)),
    OLD_KEY,
    [NEW_KEY, OLD_KEY, KEY],
  ],
  ['a document, without a key that was removed', document(entry()), document(entry(), attic(KEY)), [NEW_KEY]],
  ['a bare key in place of a document', KEY, document(entry()), [KEY]],
])('accepted is %s', (_, text, previous, accepted) => {
  const stored = parseStoredKeys(text, previous);
  expect(stored.kind !== 'malformed' && stored.keys.flatMap(textsOf)).toEqual(accepted);
});

const RULE = 'a key must be 24 to 256 printable ASCII characters without spaces';
const SPACE = 'a key has white space before or after it, such as a line break';
const FORM = 'it is neither one key nor a document of keys';
const TWICE = 'two keys have the same name or the same text';

test.each<[what: string, text: string, why: string]>([
  ['a key that is too short', 'k'.repeat(23), RULE],
  ['a key in two words', `${KEY} ${KEY}`, RULE],
  ['a key with a line break', `${KEY}\n`, SPACE],
  ['a key after a space', ` ${KEY}`, SPACE],
  ['a key after a byte order mark', `\uFEFF${KEY}`, SPACE],
  ['a key with a line break in a document', malformed({ key: `${KEY}\n` }), SPACE],
  ['an old key with a space in a document', malformed({ previousKey: `${KEY} ` }), SPACE],
  ['a key that is a number', malformed({ key: 7 }), RULE],
  ['a list of keys', JSON.stringify([entry()]), FORM],
  ['an object without keys', '{}', FORM],
  ['a field beside the keys', JSON.stringify({ keys: [entry()], note: '' }), FORM],
  ['JSON that is cut', document(entry()).slice(0, -1), FORM],
  ['an unknown field', malformed({ admin: true }), FORM],
  ['a field __proto__', malformed({}).replace('"name"', '"__proto__":{"sessions":["*"]},"name"'), FORM],
  ['a name __proto__', malformed({ name: '__proto__' }), FORM],
  ['two of one name', document(entry(), entry({ key: KEY })), TWICE],
  ['one key of two names', document(entry(), attic(NEW_KEY)), TWICE],
  ['one key of two names, once with whsec_', document(entry(), attic(`whsec_${NEW_KEY}`)), TWICE],
  ['an old key that is another’s key', document(entry({ previousKey: KEY }), attic(KEY)), TWICE],
  ['no sessions', malformed({ sessions: [] }), FORM],
  ['sessions as a text', malformed({ sessions: '*' }), FORM],
  ['a pattern with other characters', malformed({ sessions: ['.*'] }), FORM],
  ['a pattern in capitals', malformed({ sessions: ['Garden'] }), FORM],
  ['otherClients as a text', malformed({ otherClients: 'false' }), FORM],
  [
    '201 keys',
    document(...Array.from({ length: 201 }, (_, n) => entry({ name: `n${n}`, key: `${NEW_KEY}${n}` }))),
    FORM,
  ],
])('%s lets nobody in, and is explained', (_, text, why) => {
  expect(parseStoredKeys(text)).toEqual({ kind: 'malformed', why });
});

const read = (text: string) => readWebhookKeys(inProcessStore('keys', text), 'keys');

test('the keys are read from their secret; if it lets nobody in, only the log says why', async () => {
  expect(await read(KEY)).toMatchObject([{ key: { name: 'owner', key: KEY } }]);
  await expect(read(`${KEY}\n`)).rejects.toMatchObject({
    code: 'internal_error',
    message: 'internal error; the run’s event in the log says why',
    details: { keysFault: SPACE },
  });
});

test.each(['readCurrent', 'readVersion'])(
  'if a key cannot be read, no caller is accepted: %s',
  async (call) => {
    const denied = new Failure('session_invalid', 'no', { awsError: 'AccessDeniedException' });
    const store = { ...inProcessStore('keys', KEY), [call]: () => Promise.reject(denied) };
    await expect(readWebhookKeys(store, 'keys')).rejects.toMatchObject({
      code: 'secrets_unavailable',
      cause: denied,
    });
  },
);

test('keys are kept for a minute, and for ten seconds if a caller fails; a failed read is repeated', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 0 });
  const reads: number[] = [];
  const noProofs = async (): Promise<readonly Proof[]> => {
    reads.push(Date.now());
    if (reads.length === 1) throw new Error('no');
    return [];
  };
  const kept = keptKeys(noProofs);
  await expect(kept.recent()).rejects.toThrow('no');
  const first = await kept.recent();
  for (const [method, atMs] of [
    ['renewed', 9_999],
    ['renewed', 10_000],
    ['recent', 69_999],
    ['recent', 70_000],
  ] as const) {
    vi.setSystemTime(atMs);
    await kept[method]();
  }
  expect(reads).toEqual([0, 0, 10_000, 70_000]);
  expect(await kept.recent()).not.toBe(first);
});
