import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { readWebhookKeys, webhookKeys } from '../../../lambda/webhook/webhook-keys.ts';

const KEY = 'k'.repeat(64);
const OLD_KEY = 'o'.repeat(64);
const NOT_FOUND = new ResourceNotFoundException({ message: 'no such stage', $metadata: {} });

const secretsManager = mockClient(SecretsManagerClient);
let nowMs = 0;
const client = new SecretsManagerClient({});
const keys = () =>
  webhookKeys(
    () => readWebhookKeys(client, 'blink-logout-webhook-key'),
    () => nowMs,
  );
const reads = () => secretsManager.commandCalls(GetSecretValueCommand).length;

function holds(stage: 'AWSCURRENT' | 'AWSPREVIOUS', answer: string | Error) {
  const asked = secretsManager.on(GetSecretValueCommand, {
    SecretId: 'blink-logout-webhook-key',
    VersionStage: stage,
  });
  if (typeof answer === 'string') asked.resolves({ SecretString: answer });
  else asked.rejects(answer);
}

beforeEach(() => {
  secretsManager.reset();
  nowMs = 0;
  holds('AWSCURRENT', KEY);
  holds('AWSPREVIOUS', OLD_KEY);
});

test('the current and the previous key are accepted', async () => {
  expect(await keys().recent()).toEqual([KEY, OLD_KEY]);
});

test('a key that was never changed has no previous one', async () => {
  holds('AWSPREVIOUS', NOT_FOUND);
  expect(await keys().recent()).toEqual([KEY]);
});

test('a key that has been changed twice is revoked within a minute', async () => {
  const kept = keys();
  await kept.recent();
  holds('AWSCURRENT', 'n'.repeat(64));
  holds('AWSPREVIOUS', 'm'.repeat(64));
  nowMs = 59_999;
  expect(await kept.recent()).toEqual([KEY, OLD_KEY]);
  expect(reads()).toBe(2);
  nowMs = 60_000;
  expect(await kept.recent()).toEqual(['n'.repeat(64), 'm'.repeat(64)]);
  expect(reads()).toBe(4);
});

test('keys are read anew for a caller that fails, at most every ten seconds', async () => {
  const kept = keys();
  await kept.recent();
  nowMs = 9_999;
  await kept.renewed();
  expect(reads()).toBe(2);
  nowMs = 10_000;
  holds('AWSCURRENT', 'n'.repeat(64));
  expect(await kept.renewed()).toContain('n'.repeat(64));
  expect(reads()).toBe(4);
});

test.each([[''], ['k'.repeat(23)], ['k'.repeat(257)], [`${'k'.repeat(30)} ${'k'.repeat(30)}`]])(
  'a key that cannot be one of ours lets nobody in: %j',
  async (text) => {
    holds('AWSCURRENT', text);
    holds('AWSPREVIOUS', NOT_FOUND);
    expect(await keys().recent()).toEqual([]);
  },
);

test('where the key cannot be read, nobody is let in, the fault is named, and the next caller asks again', async () => {
  const kept = keys();
  holds('AWSCURRENT', Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
  await expect(kept.recent()).rejects.toMatchObject({
    code: 'secrets_unavailable',
    details: { awsError: 'AccessDeniedException' },
  });
  holds('AWSCURRENT', KEY);
  expect(await kept.recent()).toEqual([KEY, OLD_KEY]);
});
