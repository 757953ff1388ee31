import { randomUUID } from 'node:crypto';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { secretsManagerClient } from '../../../../lambda/core/vault/secrets-manager.ts';
import type { WebhookKey } from '../../../../lambda/core/webhook-keys.ts';
import { readWebhookKeys, webhookKeys } from '../../../../lambda/logout/webhook/webhook-keys.ts';
import {
  refuse,
  type SecretsManagerStandIn,
  startSecretsManager,
} from '../../../../local/secrets-manager/start-secrets-manager.ts';

const NAME = 'blink-logout-webhook-key';
const [KEY, OLD_KEY, NEW_KEY, NEWEST_KEY] = ['k', 'o', 'n', 'm'].map((letter) => letter.repeat(64));

let secretsManager: SecretsManagerStandIn;
let client: SecretsManagerClient;
let nowMs: number;

const keys = (name = NAME) =>
  webhookKeys(
    () => readWebhookKeys(client, name),
    () => nowMs,
  );
const rotateTo = (key = '') => secretsManager.secrets.find(NAME).put(randomUUID(), key, ['AWSCURRENT']);

async function texts(read: Promise<readonly WebhookKey[]>): Promise<readonly string[]> {
  return (await read).flatMap(({ key, previousKey }) =>
    previousKey === undefined ? [key] : [key, previousKey],
  );
}

beforeEach(async () => {
  secretsManager = await startSecretsManager();
  client = secretsManagerClient({
    endpoint: secretsManager.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'x' },
  });
  secretsManager.secrets.create(NAME, OLD_KEY);
  rotateTo(KEY);
  nowMs = 0;
});
afterEach(async () => {
  client.destroy();
  await secretsManager.close();
});

test('the current and the previous key are accepted', async () => {
  expect(await texts(keys().recent())).toEqual([KEY, OLD_KEY]);
});

test('a key that was never changed has no previous one', async () => {
  secretsManager.secrets.create('first', KEY);
  expect(await texts(keys('first').recent())).toEqual([KEY]);
});

test('a key that has been changed twice is revoked within a minute', async () => {
  const kept = keys();
  await kept.recent();
  rotateTo(NEW_KEY);
  rotateTo(NEWEST_KEY);
  nowMs = 59_999;
  expect(await texts(kept.recent())).toEqual([KEY, OLD_KEY]);
  expect(secretsManager.calls).toHaveLength(2);
  nowMs = 60_000;
  expect(await texts(kept.recent())).toEqual([NEWEST_KEY, NEW_KEY]);
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

const entry = (fields: object = {}) => ({
  name: 'garden',
  key: NEW_KEY,
  sessions: ['garden'],
  otherClients: false,
  createdAt: '2026-03-01T12:00:00.000Z',
  ...fields,
});
const document = (...keys: object[]) => JSON.stringify({ keys });

test.each<[string, string]>([
  ['too short', 'k'.repeat(23)],
  ['too long', 'k'.repeat(257)],
  ['in two words', `${'k'.repeat(30)} ${'k'.repeat(30)}`],
  ['a list of keys', JSON.stringify([entry()])],
  ['an object without keys', '{}'],
  ['a field beside the keys', JSON.stringify({ keys: [entry()], note: '' })],
  ['JSON that is cut', document(entry()).slice(0, -1)],
  ['an unknown field', document(entry({ admin: true }))],
  ['a field __proto__', document(entry()).replace('"name"', '"__proto__":{"sessions":["*"]},"name"')],
  ['a name __proto__', document(entry({ name: '__proto__' }))],
  ['two of one name', document(entry(), entry())],
  ['one key of two names', document(entry(), entry({ name: 'attic' }))],
  [
    'an old key that is another’s key',
    document(entry({ previousKey: KEY }), entry({ name: 'attic', key: KEY })),
  ],
  ['no sessions', document(entry({ sessions: [] }))],
  ['sessions as a text', document(entry({ sessions: '*' }))],
  ['a pattern with other characters', document(entry({ sessions: ['.*'] }))],
  ['a pattern in capitals', document(entry({ sessions: ['Garden'] }))],
  ['a key that is a number', document(entry({ key: 7 }))],
  ['an empty key', document(entry({ key: '' }))],
  ['otherClients as a text', document(entry({ otherClients: 'false' }))],
  [
    '201 keys',
    document(...Array.from({ length: 201 }, (_, n) => entry({ name: `n${n}`, key: `${NEW_KEY}${n}` }))),
  ],
])('malformed keys let nobody in, and are a failure that is told: %s', async (_, text) => {
  secretsManager.secrets.create('malformed', KEY ?? '').put(randomUUID(), text, ['AWSCURRENT']);
  await expect(keys('malformed').recent()).rejects.toMatchObject({
    code: 'internal_error',
    message: 'the secret of the webhook’s keys is malformed; nobody is let in',
  });
});

test('a document has the previous keys itself: a removed key is refused although AWSPREVIOUS has it', async () => {
  rotateTo(document(entry({ previousKey: OLD_KEY }), entry({ name: 'attic', key: NEWEST_KEY })));
  const kept = keys();
  expect(await texts(kept.recent())).toEqual([NEW_KEY, OLD_KEY, NEWEST_KEY]);
  rotateTo(document(entry({ previousKey: OLD_KEY })));
  nowMs = 60_000;
  expect(await texts(kept.recent())).toEqual([NEW_KEY, OLD_KEY]);
});

test('a bare key that is put in place of a document is alone', async () => {
  rotateTo(document(entry()));
  rotateTo(KEY);
  expect(await texts(keys().recent())).toEqual([KEY]);
});

test('a scope that changes while a process is warm counts within a minute', async () => {
  rotateTo(document(entry({ sessions: ['*'] })));
  const kept = keys();
  await kept.recent();
  rotateTo(document(entry()));
  nowMs = 60_000;
  expect((await kept.recent()).map(({ sessions }) => sessions)).toEqual([['garden']]);
});

test('if the key cannot be read, no caller is accepted, the error is named, and the next caller reads again', async () => {
  const kept = keys();
  secretsManager.faults.before('GetSecretValue', refuse('AccessDeniedException'), { times: 1 });
  await expect(kept.recent()).rejects.toMatchObject({
    code: 'secrets_unavailable',
    details: { awsError: 'AccessDeniedException' },
  });
  expect(await texts(kept.recent())).toEqual([KEY, OLD_KEY]);
});
