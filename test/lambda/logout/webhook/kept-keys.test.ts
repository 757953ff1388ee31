import { randomUUID } from 'node:crypto';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { secretsManagerClient } from '../../../../lambda/core/vault/secrets-manager.ts';
import { keysDocument, textsOf, type WebhookKey } from '../../../../lambda/core/webhook-keys.ts';
import { keptKeys, readWebhookKeys } from '../../../../lambda/logout/webhook/kept-keys.ts';
import {
  refuse,
  type SecretsManagerStandIn,
  startSecretsManager,
} from '../../../../local/secrets-manager/start-secrets-manager.ts';

const NAME = 'blink-logout-webhook-key';
const [KEY, OLD_KEY, NEW_KEY] = ['k'.repeat(64), 'o'.repeat(64), 'n'.repeat(64)];

let secretsManager: SecretsManagerStandIn;
let client: SecretsManagerClient;
let nowMs: number;

const keys = () =>
  keptKeys(
    () => readWebhookKeys(client, NAME),
    () => nowMs,
  );
const rotateTo = (text: string) => secretsManager.secrets.find(NAME).put(randomUUID(), text, ['AWSCURRENT']);
const texts = async (read: Promise<readonly WebhookKey[]>) => (await read).flatMap(textsOf);

beforeEach(async () => {
  secretsManager = await startSecretsManager();
  client = secretsManagerClient({
    endpoint: secretsManager.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'x' },
  });
  secretsManager.secrets.create(NAME, OLD_KEY);
  nowMs = 0;
});
afterEach(async () => {
  client.destroy();
  await secretsManager.close();
});

const entry = (fields: object = {}) => ({
  ...{ name: 'garden', key: NEW_KEY, sessions: ['garden'], otherClients: false },
  createdAt: '2026-03-01T12:00:00.000Z',
  ...fields,
});
const document = (...entries: WebhookKey[]) => keysDocument(entries);
const malformed = (fields: object) => JSON.stringify({ keys: [entry(fields)] });
const attic = (key: string) => entry({ name: 'attic', key });

test.each<[what: string, history: string[], accepted: string[]]>([
  ['a bare key that was never changed', [], [OLD_KEY]],
  ['a bare key, and the one before', [KEY], [KEY, OLD_KEY]],
  ['a bare key, and not the one before the last', [KEY, NEW_KEY], [NEW_KEY, KEY]],
  ['a bare key after one with a line break', [`${KEY}\n`, NEW_KEY], [NEW_KEY]],
  [
    'a document, with its previous keys',
    [document(entry({ previousKey: OLD_KEY }), attic(KEY))],
    [NEW_KEY, OLD_KEY, KEY],
  ],
  [
    'a document, without a key that was removed',
    [document(entry(), attic(KEY)), document(entry())],
    [NEW_KEY],
  ],
  ['a bare key in place of a document', [document(entry()), KEY], [KEY]],
])('accepted is %s', async (_, history, accepted) => {
  for (const text of history) rotateTo(text);
  expect(await texts(keys().recent())).toEqual(accepted);
});

test('a change counts within a minute, also of a scope', async () => {
  rotateTo(document(entry({ sessions: ['*'] })));
  const kept = keys();
  await kept.recent();
  rotateTo(document(entry()));
  nowMs = 59_999;
  expect(await kept.recent()).toMatchObject([{ sessions: ['*'] }]);
  expect(secretsManager.calls).toHaveLength(2);
  nowMs = 60_000;
  expect(await kept.recent()).toMatchObject([{ sessions: ['garden'] }]);
  expect(secretsManager.calls).toHaveLength(4);
});

test('keys are read again for a caller that fails, at most every ten seconds', async () => {
  const kept = keys();
  await kept.recent();
  nowMs = 9_999;
  await kept.renewed();
  expect(secretsManager.calls).toHaveLength(2);
  nowMs = 10_000;
  rotateTo(NEW_KEY);
  expect(await texts(kept.renewed())).toContain(NEW_KEY);
  expect(secretsManager.calls).toHaveLength(4);
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
])('%s lets nobody in, and the failure says why', async (_, text, why) => {
  rotateTo(text);
  await expect(keys().recent()).rejects.toMatchObject({
    code: 'internal_error',
    message: 'internal error; the run’s event in the log says why',
    details: { keysFault: why },
  });
});

test.each([1, 2])(
  'if a key cannot be read, no caller is accepted, and the next one reads again: %i',
  async (at) => {
    const kept = keys();
    let reads = 0;
    const where = () => ++reads === at;
    secretsManager.faults.before('GetSecretValue', refuse('AccessDeniedException'), { where });
    await expect(kept.recent()).rejects.toMatchObject({
      code: 'secrets_unavailable',
      details: { awsError: 'AccessDeniedException' },
    });
    expect(await texts(kept.recent())).toEqual([OLD_KEY]);
  },
);
