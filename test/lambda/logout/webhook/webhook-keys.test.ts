import { randomUUID } from 'node:crypto';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { secretsManagerClient } from '../../../../lambda/core/vault/secrets-manager.ts';
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
  expect(await keys().recent()).toEqual([KEY, OLD_KEY]);
});

test('a key that was never changed has no previous one', async () => {
  secretsManager.secrets.create('first', KEY);
  expect(await keys('first').recent()).toEqual([KEY]);
});

test('a key that has been changed twice is revoked within a minute', async () => {
  const kept = keys();
  await kept.recent();
  rotateTo(NEW_KEY);
  rotateTo(NEWEST_KEY);
  nowMs = 59_999;
  expect(await kept.recent()).toEqual([KEY, OLD_KEY]);
  expect(secretsManager.calls).toHaveLength(2);
  nowMs = 60_000;
  expect(await kept.recent()).toEqual([NEWEST_KEY, NEW_KEY]);
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
  expect(await kept.renewed()).toContain(NEW_KEY);
  expect(secretsManager.calls).toHaveLength(4);
});

test.each([[''], ['k'.repeat(23)], ['k'.repeat(257)], [`${'k'.repeat(30)} ${'k'.repeat(30)}`]])(
  'a text that has not the form of a key is not accepted: %j',
  async (text) => {
    secretsManager.secrets.create('malformed', text);
    expect(await keys('malformed').recent()).toEqual([]);
  },
);

test('if the key cannot be read, no caller is accepted, the error is named, and the next caller reads again', async () => {
  const kept = keys();
  secretsManager.faults.before('GetSecretValue', refuse('AccessDeniedException'), { times: 1 });
  await expect(kept.recent()).rejects.toMatchObject({
    code: 'secrets_unavailable',
    details: { awsError: 'AccessDeniedException' },
  });
  expect(await kept.recent()).toEqual([KEY, OLD_KEY]);
});
