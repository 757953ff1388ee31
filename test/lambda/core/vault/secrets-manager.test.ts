import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SecretStore } from '../../../../lambda/core/vault/secret-store.ts';
import { secretsManagerClient, secretsManagerStore } from '../../../../lambda/core/vault/secrets-manager.ts';
import {
  refuse,
  type SecretsManagerStandIn,
  startSecretsManager,
} from '../../../../local/secrets-manager/start-secrets-manager.ts';

const PREFIX = 'blink-logout/';
const SESSION = 'default';
const NAME = `${PREFIX}${SESSION}`;
const V1 = '00000000-0000-5000-8000-000000000001';
const V2 = '00000000-0000-5000-8000-000000000002';
const MISSING = '00000000-0000-5000-8000-000000000009';

describe('against a server', () => {
  let standIn: SecretsManagerStandIn;
  let client: SecretsManagerClient;
  let store: SecretStore;

  beforeEach(async () => {
    standIn = await startSecretsManager();
    client = secretsManagerClient({
      endpoint: standIn.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'x' },
    });
    store = secretsManagerStore(client, PREFIX);
    standIn.secrets.create(NAME, 'first', V1);
  });
  afterEach(async () => {
    client.destroy();
    await standIn.close();
  });

  it('reads the current version with its text, labels and time', async () => {
    const [version] = standIn.secrets.versions(NAME);
    expect(await store.readCurrent(SESSION)).toEqual({ ...version });
  });

  it('finds a version by its id, and does not find one that is not there', async () => {
    expect(await store.readVersion(SESSION, V1)).toMatchObject({ versionId: V1, labels: ['AWSCURRENT'] });
    expect(await store.readVersion(SESSION, MISSING)).toBeUndefined();
  });

  it('lists all versions, those without a label included', async () => {
    await store.putVersion(SESSION, { versionId: V2, text: 'second', label: 'L' });
    await store.moveLabel(SESSION, { label: 'L', from: V2 });
    const { versions } = await store.listVersions(SESSION);
    expect(versions.map(({ versionId, labels }) => ({ versionId, labels }))).toEqual([
      { versionId: V1, labels: ['AWSCURRENT'] },
      { versionId: V2, labels: [] },
    ]);
  });

  it('returns the time of the service’s clock, not of this machine’s', async () => {
    standIn.clock.advanceMs(3 * 60 * 1000);
    const { nowMs } = await store.listVersions(SESSION);
    expect(Math.abs(nowMs - Date.now() - 3 * 60 * 1000)).toBeLessThan(2000);
  });

  it('writes a version once: the same text again succeeds, another text is a conflict', async () => {
    const version = { versionId: V2, text: 'second', label: 'BLINK_LOGOUT_CLAIM' };
    expect(await store.putVersion(SESSION, version)).toBe('written');
    expect(await store.putVersion(SESSION, version)).toBe('written');
    expect(await store.putVersion(SESSION, { ...version, text: 'third' })).toBe('conflict');
    expect((await store.readCurrent(SESSION)).text).toBe('first');
  });

  it('moves a label only from where it is', async () => {
    await store.putVersion(SESSION, { versionId: V2, text: 'second', label: 'BLINK_LOGOUT_CLAIM' });
    const move = { label: 'AWSCURRENT', from: V1, to: V2 };
    expect(await store.moveLabel(SESSION, move)).toBe('moved');
    expect(await store.moveLabel(SESSION, move)).toBe('conflict');
    expect(await store.moveLabel(SESSION, { label: 'AWSCURRENT', to: V1 })).toBe('conflict');
    expect(await store.moveLabel(SESSION, { label: 'BLINK_LOGOUT_CLAIM', from: V2 })).toBe('moved');
    expect(await store.moveLabel(SESSION, { label: 'BLINK_LOGGED_OUT', to: V2 })).toBe('moved');
    expect((await store.readCurrent(SESSION)).labels).toEqual(['AWSCURRENT', 'BLINK_LOGGED_OUT']);
  });

  it('repeats a call that was throttled or cut off, and a repeated write is not a conflict', async () => {
    standIn.faults.add(
      {
        on: 'PutSecretValue',
        at: 'before',
        effect: refuse('ThrottlingException', 'Rate exceeded'),
        times: 1,
      },
      { on: 'PutSecretValue', at: 'after', effect: { do: 'destroy' }, times: 1 },
    );
    expect(await store.putVersion(SESSION, { versionId: V2, text: 'second', label: 'L' })).toBe('written');
    expect(standIn.calls).toHaveLength(3);
  });

  it('gives up after three tries', async () => {
    standIn.faults.before('GetSecretValue', { do: 'destroy' });
    await expect(store.readCurrent(SESSION)).rejects.toMatchObject({ code: 'secrets_unavailable' });
    expect(standIn.calls).toHaveLength(3);
  });

  it('waits three seconds for an answer and for the rest of one', async () => {
    standIn.faults.before('GetSecretValue', { do: 'hold', ms: 60_000 });
    const stalled = createServer((_, response) => {
      response.writeHead(200, { 'Content-Length': '100' }).write('{');
    }).listen(0, '127.0.0.1');
    await once(stalled, 'listening');
    const { port } = stalled.address() as AddressInfo;
    const clients = [standIn.url, `http://127.0.0.1:${port}`].map((endpoint) =>
      secretsManagerClient({
        ...{ endpoint, region: 'us-east-1', maxAttempts: 1 },
        credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'x' },
      }),
    );
    await Promise.all(
      clients.map((impatient) =>
        expect(secretsManagerStore(impatient, PREFIX).readCurrent(SESSION)).rejects.toMatchObject({
          code: 'secrets_unavailable',
          details: { awsError: 'TimeoutError' },
        }),
      ),
    );
    for (const impatient of clients) impatient.destroy();
    stalled.closeAllConnections();
    stalled.close();
  });

  it('distinguishes a missing secret, one without a value, and one that is being deleted', async () => {
    standIn.secrets.create('blink-logout/empty');
    standIn.secrets.create('blink-logout/deleted', 'text');
    standIn.secrets.delete('blink-logout/deleted');
    await expect(store.readCurrent('none')).rejects.toMatchObject({ code: 'session_unknown' });
    await expect(store.readCurrent('empty')).rejects.toMatchObject({ code: 'session_unknown' });
    await expect(store.readCurrent('deleted')).rejects.toMatchObject({
      code: 'session_invalid',
    });
  });
});

describe('from the content of the answers', () => {
  const client = new SecretsManagerClient({ region: 'us-east-1' });
  const mock = mockClient(client);
  const store = secretsManagerStore(client, PREFIX);
  const named = (name: string) => Object.assign(new Error('foreign text, eyJ-token'), { name });
  const VERSION = { VersionId: V1, CreatedDate: new Date(0) };

  beforeEach(() => {
    mock.reset();
  });

  it('sends exactly what the vault asks for', async () => {
    mock.onAnyCommand().resolves({});
    await store.putVersion(SESSION, { versionId: V2, text: 'text', label: 'L' });
    await store.moveLabel(SESSION, { label: 'L', from: V1, to: V2 });
    await store.moveLabel(SESSION, { label: 'L', from: V1 });
    expect(mock.commandCalls(PutSecretValueCommand).map(({ args }) => args[0].input)).toEqual([
      { SecretId: NAME, ClientRequestToken: V2, SecretString: 'text', VersionStages: ['L'] },
    ]);
    expect(mock.commandCalls(UpdateSecretVersionStageCommand).map(({ args }) => args[0].input)).toEqual([
      { SecretId: NAME, VersionStage: 'L', RemoveFromVersionId: V1, MoveToVersionId: V2 },
      { SecretId: NAME, VersionStage: 'L', RemoveFromVersionId: V1 },
    ]);
  });

  it('follows the pages to their end', async () => {
    mock
      .on(ListSecretVersionIdsCommand, { NextToken: undefined })
      .resolves({ Versions: [{ ...VERSION, VersionStages: ['AWSCURRENT'] }], NextToken: 'more' })
      .on(ListSecretVersionIdsCommand, { NextToken: 'more' })
      .resolves({ Versions: [{ ...VERSION, VersionId: V2 }] });
    const { versions } = await store.listVersions(SESSION);
    expect(versions).toEqual([
      { versionId: V1, labels: ['AWSCURRENT'], createdAtMs: 0 },
      { versionId: V2, labels: [], createdAtMs: 0 },
    ]);
    expect(mock.commandCalls(ListSecretVersionIdsCommand)[0]?.args[0].input).toMatchObject({
      IncludeDeprecated: true,
    });
  });

  it.each([
    ['an empty token, as moto sends it', [''], 1],
    ['the same token again', ['a', 'a'], 2],
    ['a token from before', ['a', 'b', 'a'], 3],
  ])('takes %s for the end of the pages', async (_, tokens, pages) => {
    const left = [...tokens];
    mock.on(ListSecretVersionIdsCommand).callsFake(() => {
      if (left.length === 0) throw named('OnePageTooMany');
      return { Versions: [VERSION], NextToken: left.shift() };
    });
    expect((await store.listVersions(SESSION)).versions).toHaveLength(pages);
  });

  it('stops reading a list of versions that does not end', async () => {
    let pages = 0;
    mock.on(ListSecretVersionIdsCommand).callsFake(() => ({ Versions: [], NextToken: String(++pages) }));
    await expect(store.listVersions(SESSION)).rejects.toMatchObject({ code: 'secrets_unavailable' });
    expect(pages).toBe(20);
  });

  it('refuses binary data', async () => {
    mock.on(GetSecretValueCommand).resolves({ ...VERSION, SecretBinary: new Uint8Array([1]) });
    await expect(store.readCurrent(SESSION)).rejects.toMatchObject({ code: 'session_invalid' });
  });

  it.each([
    ['time', { SecretString: 'text', VersionId: V1 }],
    ['content', {}],
  ])('rejects an answer without its %s', async (_, value) => {
    mock.on(GetSecretValueCommand).resolves(value);
    await expect(store.readCurrent(SESSION)).rejects.toMatchObject({ code: 'secrets_unavailable' });
  });

  it.each([
    ['ResourceNotFoundException', 'session_unknown', false],
    ['InvalidRequestException', 'session_invalid', false],
    ['LimitExceededException', 'secret_full', false],
    ['ThrottlingException', 'secrets_unavailable', true],
    ['InternalServiceError', 'secrets_unavailable', true],
    ['AccessDeniedException', 'secrets_unavailable', true],
    ['DecryptionFailure', 'secrets_unavailable', true],
    ['TimeoutError', 'secrets_unavailable', true],
    ['a name with foreign text', 'secrets_unavailable', true],
  ])('%s is %s', async (name, code, retryable) => {
    mock.onAnyCommand().rejects(named(name));
    const failures = await Promise.all(
      [
        store.readCurrent(SESSION),
        store.listVersions(SESSION),
        store.putVersion(SESSION, { versionId: V2, text: 'text', label: 'L' }),
        store.moveLabel(SESSION, { label: 'L', to: V2 }),
      ].map((call) => call.catch((error: unknown) => error)),
    );
    for (const failure of failures) {
      expect(failure).toMatchObject({ code, retryable });
      expect(String(failure)).not.toContain('eyJ-token');
      expect(JSON.stringify(failure)).not.toContain('foreign');
    }
  });
});
