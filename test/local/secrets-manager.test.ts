import {
  CreateSecretCommand,
  DeleteSecretCommand,
  type DeleteSecretCommandInput,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Secret } from '../../local/secrets-manager/secret.ts';
import {
  type SecretsManagerStandIn,
  startSecretsManager,
} from '../../local/secrets-manager/start-secrets-manager.ts';

const NAME = 'blink-logout/porch';
const V1 = '00000000-0000-5000-8000-000000000001';
const V2 = '00000000-0000-5000-8000-000000000002';
const V3 = '00000000-0000-5000-8000-000000000003';
const DAY_MS = 24 * 60 * 60 * 1000;

let standIn: SecretsManagerStandIn;
let client: SecretsManagerClient;
let secret: Secret;

beforeEach(async () => {
  standIn = await startSecretsManager();
  client = new SecretsManagerClient({
    endpoint: standIn.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'x', sessionToken: 'y' },
    maxAttempts: 1,
  });
  secret = standIn.secrets.create(NAME, 'first', V1);
});

afterEach(async () => {
  client.destroy();
  await standIn.close();
});

const put = (versionId: string, text: string, VersionStages?: string[]) =>
  client.send(
    new PutSecretValueCommand({
      SecretId: NAME,
      ClientRequestToken: versionId,
      SecretString: text,
      ...(VersionStages && { VersionStages }),
    }),
  );
const move = (label: string, from?: string, to?: string) =>
  client.send(
    new UpdateSecretVersionStageCommand({
      SecretId: NAME,
      VersionStage: label,
      RemoveFromVersionId: from,
      MoveToVersionId: to,
    }),
  );
const get = (asked: { SecretId?: string; VersionId?: string; VersionStage?: string } = {}) =>
  client.send(new GetSecretValueCommand({ SecretId: NAME, ...asked }));
const remove = (more: Partial<DeleteSecretCommandInput> = {}) =>
  client.send(new DeleteSecretCommand({ SecretId: NAME, ...more }));
const labels = () =>
  Object.fromEntries(secret.versions().map((version) => [version.versionId, version.labels]));

it('the current version is read with its labels, and its time by the service’s own clock', async () => {
  const { createdAtMs } = secret.version({});
  expect(await get()).toMatchObject({
    ARN: expect.stringMatching(/:secret:blink-logout\/porch-/),
    Name: NAME,
    SecretString: 'first',
    VersionId: V1,
    VersionStages: ['AWSCURRENT'],
    CreatedDate: new Date(createdAtMs),
  });
});

/** V2 is current, and V1 has AWSPREVIOUS. */
it.each<[object, object]>([
  [{}, { SecretString: 'second' }],
  [{ VersionId: V1 }, { SecretString: 'first' }],
  [{ VersionStage: 'AWSPREVIOUS' }, { SecretString: 'first' }],
  [{ VersionId: V1, VersionStage: 'AWSPREVIOUS' }, { SecretString: 'first' }],
  [
    { VersionId: V1, VersionStage: 'AWSCURRENT' },
    { name: 'ResourceNotFoundException', message: expect.stringContaining(V1) },
  ],
  [{ VersionId: V3 }, { name: 'ResourceNotFoundException', message: expect.stringContaining(V3) }],
  [{ VersionStage: 'NONE' }, { name: 'ResourceNotFoundException', message: expect.stringContaining('NONE') }],
  [
    { SecretId: 'nothing' },
    {
      name: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret.",
      $metadata: { httpStatusCode: 400 },
    },
  ],
])('reading %j gives %j', async (asked, end) => {
  await put(V2, 'second');
  expect(await get(asked).catch((error: unknown) => error)).toMatchObject(end);
});

describe('writing a version', () => {
  it.each<[string, readonly [string, string, string[]?][], object]>([
    [
      'moves AWSCURRENT to it, and AWSPREVIOUS to where AWSCURRENT was',
      [
        [V2, 'second'],
        [V3, 'third'],
      ],
      { [V1]: [], [V2]: ['AWSPREVIOUS'], [V3]: ['AWSCURRENT'] },
    ],
    [
      'moves only the labels that are asked for',
      [
        [V2, 'second', ['CLAIM']],
        [V3, 'third', ['CLAIM']],
      ],
      { [V1]: ['AWSCURRENT'], [V2]: [], [V3]: ['CLAIM'] },
    ],
    [
      'does nothing when the same text comes again under the same token, not even to the labels',
      [
        [V2, 'second', ['CLAIM']],
        [V2, 'second', ['OTHER']],
      ],
      { [V1]: ['AWSCURRENT'], [V2]: ['CLAIM'] },
    ],
  ])('%s', async (_what, writes, end) => {
    for (const write of writes) await put(...write);
    expect(labels()).toEqual(end);
  });

  it('refuses another text under the same token', async () => {
    await put(V2, 'second', ['CLAIM']);
    await expect(put(V2, 'other', ['CLAIM'])).rejects.toMatchObject({ name: 'ResourceExistsException' });
    expect(secret.version({ versionId: V2 }).text).toBe('second');
  });

  it('makes the first version of an empty secret current, with any labels', async () => {
    await client.send(new CreateSecretCommand({ Name: 'empty' }));
    await client.send(
      new PutSecretValueCommand({ SecretId: 'empty', SecretString: 'x', VersionStages: ['AWSPENDING'] }),
    );
    expect(standIn.secrets.find('empty').version({}).labels).toEqual(['AWSPENDING', 'AWSCURRENT']);
  });

  it('keeps a hundred versions of one day, then refuses, and the next day forgets the oldest without a label', async () => {
    const id = (n: number) => `00000000-0000-5000-9000-${String(n).padStart(12, '0')}`;
    for (let n = 0; n < 99; n++) secret.put(id(n), 'x', []);
    standIn.clock.advanceMs(DAY_MS - 60_000);
    await expect(put(V2, 'one too many')).rejects.toMatchObject({ name: 'LimitExceededException' });
    expect(secret.versions()).toHaveLength(100);
    standIn.clock.advanceMs(60_000);
    await put(V2, 'fits now');
    const kept = secret.versions().map(({ versionId }) => versionId);
    expect(kept).toHaveLength(100);
    expect(kept).toContain(V1); // labelled AWSCURRENT until now
    expect(kept).not.toContain(id(0));
    expect(kept).toContain(id(1));
  });
});

/** V1 has AWSCURRENT, and V2 has CLAIM. */
it.each<[string, string | undefined, string | undefined, object | string]>([
  ['AWSCURRENT', V1, V2, { [V1]: ['AWSPREVIOUS'], [V2]: ['CLAIM', 'AWSCURRENT'] }],
  ['CLAIM', V2, V1, { [V1]: ['AWSCURRENT', 'CLAIM'], [V2]: [] }],
  ['CLAIM', undefined, V2, { [V1]: ['AWSCURRENT'], [V2]: ['CLAIM'] }],
  ['CLAIM', V2, undefined, { [V1]: ['AWSCURRENT'], [V2]: [] }],
  ['DONE', undefined, V1, { [V1]: ['AWSCURRENT', 'DONE'], [V2]: ['CLAIM'] }],
  ['AWSCURRENT', V2, V1, 'InvalidParameterException'],
  ['AWSCURRENT', undefined, V2, 'InvalidParameterException'],
  ['AWSCURRENT', V1, undefined, 'InvalidParameterException'],
  ['DONE', V1, undefined, 'InvalidParameterException'],
  ['DONE', undefined, undefined, 'InvalidParameterException'],
  ['AWSCURRENT', V1, V3, 'ResourceNotFoundException'],
])('moving %s from %s to %s ends with %j', async (label, from, to, end) => {
  await put(V2, 'second', ['CLAIM']);
  const moved = move(label, from, to);
  if (typeof end === 'string') await expect(moved).rejects.toMatchObject({ name: end });
  else await moved;
  expect(labels()).toEqual(typeof end === 'string' ? { [V1]: ['AWSCURRENT'], [V2]: ['CLAIM'] } : end);
});

describe('secrets as a whole', () => {
  it('are created once, listed by the beginning of their names, and found by their ARN', async () => {
    const create = (SecretString: string, KmsKeyId?: string) =>
      client.send(new CreateSecretCommand({ Name: 'other', SecretString, KmsKeyId }));
    await expect(create('x', 'missing')).rejects.toMatchObject({ name: 'EncryptionFailure' });
    await create('x');
    await expect(create('y')).rejects.toMatchObject({ name: 'ResourceExistsException' });
    const listed = await client.send(
      new ListSecretsCommand({ Filters: [{ Key: 'name', Values: ['blink-logout/'] }] }),
    );
    expect(listed.SecretList).toMatchObject([{ Name: NAME }]);
    expect(listed).not.toHaveProperty('NextToken');
    const { SecretList, NextToken } = await client.send(new ListSecretsCommand({ MaxResults: 1 }));
    expect(SecretList).toMatchObject([{ Name: NAME }]);
    expect(await client.send(new ListSecretsCommand({ NextToken }))).toMatchObject({
      SecretList: [{ Name: 'other' }],
    });
    expect((await get({ SecretId: secret.arn })).Name).toBe(NAME);
  });

  it('are deleted at the end of the recovery window; until then, they are described and can be restored', async () => {
    const { DeletionDate } = await remove({ RecoveryWindowInDays: 7 });
    expect(((DeletionDate?.getTime() ?? 0) - standIn.clock.nowMs()) / DAY_MS).toBeCloseTo(7, 2);
    await expect(get()).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await expect(put(V2, 'second')).rejects.toMatchObject({ name: 'InvalidRequestException' });
    const described = await client.send(new DescribeSecretCommand({ SecretId: NAME }));
    expect(described).toMatchObject({ Name: NAME, DeletedDate: DeletionDate });
    expect((await client.send(new ListSecretsCommand({}))).SecretList).toEqual([]);
    await client.send(new RestoreSecretCommand({ SecretId: NAME }));
    expect((await get()).SecretString).toBe('first');
    await remove();
    standIn.clock.advanceMs(29 * DAY_MS);
    await expect(get()).rejects.toMatchObject({ name: 'InvalidRequestException' });
    standIn.clock.advanceMs(DAY_MS);
    await expect(get()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('can be deleted at once, even if they do not exist', async () => {
    await remove({ ForceDeleteWithoutRecovery: true });
    await expect(get()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(await remove({ SecretId: 'nothing', ForceDeleteWithoutRecovery: true })).toMatchObject({
      Name: 'nothing',
    });
  });
});

it('a test sees which calls were received, and no text', async () => {
  await put(V2, 'canary', ['CLAIM']);
  expect(standIn.calls).toEqual([
    {
      action: 'PutSecretValue',
      secretId: NAME,
      versionId: V2,
      labels: ['CLAIM'],
      hasSessionToken: true,
    },
  ]);
});

it('answers are dated by the clock that also ages the versions', async () => {
  const firstMs = secret.version({}).createdAtMs;
  standIn.clock.advanceMs(10 * DAY_MS);
  await put(V2, 'second');
  expect(secret.version({}).createdAtMs - firstMs).toBeGreaterThanOrEqual(10 * DAY_MS);
  const { headers } = await fetch(standIn.url, { method: 'POST', body: '{}' });
  expect(Date.parse(headers.get('date') ?? '') - Date.now()).toBeGreaterThan(9 * DAY_MS);
});

const SHORT_TOKEN = { SecretId: NAME, ClientRequestToken: 'short', SecretString: 'x' };

it.each<[string, object, string]>([
  ['Nonsense', {}, 'UnknownOperationException'],
  ['toString', {}, 'UnknownOperationException'],
  ['GetSecretValue', { Secret: 1 }, 'ValidationException'],
  ['PutSecretValue', SHORT_TOKEN, 'ValidationException'],
  ['PutSecretValue', { ...SHORT_TOKEN, ClientRequestToken: V2, SecretString: '' }, 'ValidationException'],
  ['DeleteSecret', { SecretId: NAME, RecoveryWindowInDays: 6 }, 'ValidationException'],
  [
    'DeleteSecret',
    { SecretId: NAME, RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true },
    'InvalidParameterException',
  ],
])('%s with %j is refused', async (action, input, name) => {
  const headers = { 'x-amz-target': `secretsmanager.${action}` };
  const response = await fetch(standIn.url, { method: 'POST', headers, body: JSON.stringify(input) });
  expect([response.status, await response.json()]).toMatchObject([400, { __type: name }]);
  expect(labels()).toEqual({ [V1]: ['AWSCURRENT'] });
});

it('can be read as it was, but never before its first version; a write is decided by how it is', () => {
  const later = standIn.secrets.create('blink-logout/new');
  const createdAtMs = standIn.clock.nowMs();
  standIn.clock.advanceMs(1000);
  later.put(V1, 'first', []);
  const storedAtMs = standIn.clock.nowMs();
  standIn.clock.advanceMs(1000);
  later.put(V2, 'second', ['AWSCURRENT']);
  for (const asOfMs of [createdAtMs - DAY_MS, createdAtMs, storedAtMs]) {
    expect(later.version({}, asOfMs)).toMatchObject({ versionId: V1, labels: ['AWSCURRENT'] });
  }
  expect(later.version({}).versionId).toBe(V2);
  expect(() => later.version({ versionId: V2 }, storedAtMs)).toThrow('VersionId');
  expect(() => later.moveLabel('AWSCURRENT', V1, V2)).toThrow('currently has the staging label');
});
