import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type SecretsManagerStandIn,
  startSecretsManager,
} from '../../../local/secrets-manager/start-secrets-manager.ts';

const NAME = 'blink-logout/porch';
const V1 = '00000000-0000-5000-8000-000000000001';
const V2 = '00000000-0000-5000-8000-000000000002';
const V3 = '00000000-0000-5000-8000-000000000003';
const DAY_MS = 24 * 60 * 60 * 1000;

let standIn: SecretsManagerStandIn;
let client: SecretsManagerClient;

beforeEach(async () => {
  standIn = await startSecretsManager();
  client = new SecretsManagerClient({
    endpoint: standIn.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'x', sessionToken: 'y' },
    maxAttempts: 1,
  });
  standIn.secrets.create(NAME, 'first', V1);
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
const get = (asked: { VersionId?: string; VersionStage?: string } = {}) =>
  client.send(new GetSecretValueCommand({ SecretId: NAME, ...asked }));
const labels = () =>
  Object.fromEntries(standIn.secrets.versions(NAME).map((version) => [version.versionId, version.labels]));

describe('reading', () => {
  it('gives the current version, with its labels and its time by the service’s own clock', async () => {
    const createdAtMs = standIn.secrets.versions(NAME)[0]?.createdAtMs ?? 0;
    const current = await get();
    expect(current).toMatchObject({
      SecretString: 'first',
      VersionId: V1,
      VersionStages: ['AWSCURRENT'],
      CreatedDate: new Date(createdAtMs),
    });
    expect(current.ARN).toMatch(/:secret:blink-logout\/porch-/);
  });

  it('finds a version by id and by label, and refuses a pair that does not belong together', async () => {
    await put(V2, 'second');
    expect((await get({ VersionId: V1 })).SecretString).toBe('first');
    expect((await get({ VersionStage: 'AWSPREVIOUS' })).SecretString).toBe('first');
    await expect(get({ VersionId: V1, VersionStage: 'AWSCURRENT' })).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
    await expect(get({ VersionId: V3 })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Secrets Manager can't find the specified secret value for VersionId: ${V3}`,
    });
  });

  it('does not know a secret that is not there', async () => {
    await expect(client.send(new GetSecretValueCommand({ SecretId: 'nothing' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret.",
      $metadata: { httpStatusCode: 400 },
    });
  });
});

describe('writing a version', () => {
  it('moves AWSCURRENT to it, and AWSPREVIOUS to where AWSCURRENT was', async () => {
    await put(V2, 'second');
    await put(V3, 'third');
    expect(labels()).toEqual({ [V1]: [], [V2]: ['AWSPREVIOUS'], [V3]: ['AWSCURRENT'] });
  });

  it('moves only the labels that are asked for', async () => {
    await put(V2, 'second', ['CLAIM']);
    await put(V3, 'third', ['CLAIM']);
    expect(labels()).toEqual({ [V1]: ['AWSCURRENT'], [V2]: [], [V3]: ['CLAIM'] });
  });

  it('does nothing when the same text comes again under the same token, not even to the labels', async () => {
    await put(V2, 'second', ['CLAIM']);
    const again = await put(V2, 'second', ['OTHER']);
    expect(again).toMatchObject({ VersionId: V2, VersionStages: ['CLAIM'] });
    expect(labels()).toEqual({ [V1]: ['AWSCURRENT'], [V2]: ['CLAIM'] });
  });

  it('refuses another text under the same token', async () => {
    await put(V2, 'second', ['CLAIM']);
    await expect(put(V2, 'other', ['CLAIM'])).rejects.toMatchObject({ name: 'ResourceExistsException' });
    expect((await get({ VersionId: V2 })).SecretString).toBe('second');
  });

  it('makes the first version of an empty secret current, with any labels', async () => {
    await client.send(new CreateSecretCommand({ Name: 'empty' }));
    await client.send(
      new PutSecretValueCommand({ SecretId: 'empty', SecretString: 'x', VersionStages: ['AWSPENDING'] }),
    );
    expect(standIn.secrets.versions('empty')[0]?.labels).toEqual(['AWSPENDING', 'AWSCURRENT']);
  });

  it('keeps a hundred versions of one day, then refuses, and the next day forgets the oldest without a label', async () => {
    const id = (n: number) => `00000000-0000-5000-9000-${String(n).padStart(12, '0')}`;
    for (let n = 0; n < 99; n++) standIn.secrets.find(NAME).put(id(n), 'x', []);
    standIn.clock.advanceMs(DAY_MS - 60_000);
    await expect(put(V2, 'one too many')).rejects.toMatchObject({ name: 'LimitExceededException' });
    expect(standIn.secrets.versions(NAME)).toHaveLength(100);
    standIn.clock.advanceMs(60_000);
    await put(V2, 'fits now');
    const kept = standIn.secrets.versions(NAME).map(({ versionId }) => versionId);
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
  it('are created once, described, and listed by the beginning of their names', async () => {
    await client.send(new CreateSecretCommand({ Name: 'other', SecretString: 'x', Description: 'not ours' }));
    await expect(
      client.send(new CreateSecretCommand({ Name: 'other', SecretString: 'y' })),
    ).rejects.toMatchObject({ name: 'ResourceExistsException' });
    const described = await client.send(new DescribeSecretCommand({ SecretId: NAME }));
    expect(described).toMatchObject({ Name: NAME, VersionIdsToStages: { [V1]: ['AWSCURRENT'] } });
    const listed = await client.send(
      new ListSecretsCommand({ Filters: [{ Key: 'name', Values: ['blink-logout/'] }] }),
    );
    expect(listed.SecretList?.map(({ Name }) => Name)).toEqual([NAME]);
    const page = await client.send(new ListSecretsCommand({ MaxResults: 1 }));
    expect(page.NextToken).toBeDefined();
  });

  it('refuse everything but a description once they are scheduled for deletion', async () => {
    await client.send(new DeleteSecretCommand({ SecretId: NAME }));
    await expect(get()).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await expect(put(V2, 'second')).rejects.toMatchObject({ name: 'InvalidRequestException' });
    const described = await client.send(new DescribeSecretCommand({ SecretId: NAME }));
    expect(described.DeletedDate).toBeInstanceOf(Date);
  });

  it('are deleted at the end of the recovery window, and can be restored until then', async () => {
    const { DeletionDate } = await client.send(
      new DeleteSecretCommand({ SecretId: NAME, RecoveryWindowInDays: 7 }),
    );
    const days = ((DeletionDate?.getTime() ?? 0) - standIn.clock.nowMs()) / DAY_MS;
    expect(days).toBeCloseTo(7, 2);
    const { SecretList } = await client.send(new ListSecretsCommand({}));
    expect(SecretList).toEqual([]);
    await client.send(new RestoreSecretCommand({ SecretId: NAME }));
    expect((await get()).SecretString).toBe('first');
    await client.send(new DeleteSecretCommand({ SecretId: NAME }));
    standIn.clock.advanceMs(29 * DAY_MS);
    await expect(get()).rejects.toMatchObject({ name: 'InvalidRequestException' });
    standIn.clock.advanceMs(DAY_MS);
    await expect(get()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('can be deleted at once, even if they do not exist', async () => {
    const force = (SecretId: string) =>
      client.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
    await force(NAME);
    await expect(get()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(await force('nothing')).toMatchObject({ Name: 'nothing' });
  });

  it.each([
    { RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true },
    { RecoveryWindowInDays: 6 },
    { RecoveryWindowInDays: 31 },
  ])('refuse to be deleted with %j', async (more) => {
    await expect(client.send(new DeleteSecretCommand({ SecretId: NAME, ...more }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    expect((await get()).SecretString).toBe('first');
  });

  it('are found by the ARN without its suffix, but not by a part of the name', async () => {
    const arn = (await get()).ARN ?? '';
    const found = async (SecretId: string) =>
      (await client.send(new GetSecretValueCommand({ SecretId }))).Name;
    expect(await found(arn)).toBe(NAME);
    expect(await found(arn.slice(0, -7))).toBe(NAME);
    await expect(found(arn.slice(0, -8))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(found(`${NAME}${arn.slice(-7)}`)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('are not created under a key that does not exist', async () => {
    const create = new CreateSecretCommand({ Name: 'other', SecretString: 'x', KmsKeyId: 'missing' });
    await expect(client.send(create)).rejects.toMatchObject({ name: 'EncryptionFailure' });
    expect(standIn.secrets.all()).toHaveLength(1);
  });
});

describe('what a test can see and do', () => {
  it('remembers who asked for what, and no text', async () => {
    await put(V2, 'canary', ['CLAIM']);
    expect(standIn.calls).toEqual([
      {
        action: 'PutSecretValue',
        secretId: NAME,
        versionId: V2,
        labels: ['CLAIM'],
        atMs: expect.any(Number),
        hasSessionToken: true,
      },
    ]);
    expect(JSON.stringify(standIn.calls)).not.toContain('canary');
  });

  it('dates its answers by the clock that also ages the versions', async () => {
    standIn.clock.advanceMs(10 * DAY_MS);
    await put(V2, 'second');
    const [before, after] = standIn.secrets.versions(NAME).map(({ createdAtMs }) => createdAtMs);
    expect((after ?? 0) - (before ?? 0)).toBeGreaterThanOrEqual(10 * DAY_MS);
    const { headers } = await fetch(standIn.url);
    expect(Date.parse(headers.get('date') ?? '') - Date.now()).toBeGreaterThan(9 * DAY_MS);
  });
});

it.each([
  ['Nonsense', {}, 'UnknownOperationException'],
  ['toString', {}, 'UnknownOperationException'],
  ['GetSecretValue', { Secret: 1 }, 'ValidationException'],
  [
    'PutSecretValue',
    { SecretId: NAME, ClientRequestToken: 'short', SecretString: 'x' },
    'ValidationException',
  ],
  ['PutSecretValue', { SecretId: NAME, ClientRequestToken: V2, SecretString: '' }, 'ValidationException'],
])('%s with %j is refused', async (action, input, name) => {
  const headers = { 'x-amz-target': `secretsmanager.${action}` };
  const response = await fetch(standIn.url, { method: 'POST', headers, body: JSON.stringify(input) });
  expect([response.status, await response.json()]).toMatchObject([400, { __type: name }]);
});

it('can be read as it was, but never before its first version; a write is decided by how it is', () => {
  const secret = standIn.secrets.find(NAME);
  const [firstMs] = secret.versions().map(({ createdAtMs }) => createdAtMs);
  standIn.clock.advanceMs(1000);
  secret.put(V2, 'second', ['AWSCURRENT']);
  expect(secret.version({}, (firstMs ?? 0) + 999).text).toBe('first');
  expect(secret.version({}).text).toBe('second');
  expect(secret.versions((firstMs ?? 0) - DAY_MS).map(({ versionId }) => versionId)).toEqual([V1]);
  expect(() => secret.version({ versionId: V2 }, firstMs)).toThrow('VersionId');
  expect(() => secret.moveLabel('AWSCURRENT', V1, V2)).toThrow('currently has the staging label');
});

it('a reading as of an earlier moment shows the versions and labels of then, but never a secret without its first version', () => {
  standIn.secrets.create('blink-logout/new');
  const secret = standIn.secrets.find('blink-logout/new');
  const createdAtMs = standIn.clock.nowMs();
  standIn.clock.advanceMs(1000);
  secret.put(V1, 'first', []);
  const storedAtMs = standIn.clock.nowMs();
  standIn.clock.advanceMs(1000);
  secret.put(V2, 'second', ['AWSCURRENT']);
  for (const asOfMs of [createdAtMs, storedAtMs]) {
    expect(secret.version({}, asOfMs)).toMatchObject({ versionId: V1, labels: ['AWSCURRENT'] });
  }
  expect(secret.version({}).versionId).toBe(V2);
});
