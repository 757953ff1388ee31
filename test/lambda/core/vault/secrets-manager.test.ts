import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import {
  GetSecretValueCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import type { SecretStore } from '../../../../lambda/core/vault/secret-store.ts';
import { secretsManagerClient, secretsManagerStore } from '../../../../lambda/core/vault/secrets-manager.ts';
import {
  refuse,
  type SecretsManagerStandIn,
  startSecretsManager,
} from '../../../../local/secrets-manager/start-secrets-manager.ts';
import { listening } from '../blink/scripted-server.ts';

const PREFIX = 'blink-logout/';
const SESSION = 'default';
const NAME = `${PREFIX}${SESSION}`;
const V1 = '00000000-0000-5000-8000-000000000001';
const V2 = '00000000-0000-5000-8000-000000000002';
const MISSING = '00000000-0000-5000-8000-000000000009';

const clientAt = (endpoint: string, options: SecretsManagerClientConfig = {}) =>
  secretsManagerClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'x' },
    ...options,
  });

describe('against a server', () => {
  let standIn: SecretsManagerStandIn;
  let client: SecretsManagerClient;
  let store: SecretStore;

  beforeEach(async () => {
    standIn = await startSecretsManager();
    client = clientAt(standIn.url);
    store = secretsManagerStore(client, PREFIX);
    standIn.secrets.create(NAME, 'first', V1);
  });
  afterEach(async () => {
    client.destroy();
    await standIn.close();
  });

  it('reads the current version with its text, labels and time', async () => {
    const [version] = standIn.secrets.find(NAME).versions();
    const { arn } = standIn.secrets.find(NAME);
    expect(await store.readCurrent(SESSION)).toEqual({ ...version, arn, nowMs: expect.any(Number) });
  });

  it.each([
    [{ versionId: V1 }, { versionId: V1, labels: ['AWSCURRENT'], text: 'first' }],
    [{ label: 'AWSCURRENT' }, { versionId: V1, labels: ['AWSCURRENT'], text: 'first' }],
    [{ versionId: MISSING }, undefined],
    [{ label: 'BLINK_LOGOUT' }, undefined],
  ])('reads a version by its id or label: %j', async (which, found) => {
    const version = await store.readVersion(SESSION, which);
    if (found === undefined) expect(version).toBeUndefined();
    else expect(version).toMatchObject(found);
  });

  it('by its ARN, does not write to a secret that was made again under the same name', async () => {
    const { arn } = await store.readCurrent(SESSION);
    standIn.secrets.deleteWithoutRecovery(NAME);
    standIn.secrets.create(NAME, 'again', V1);
    const version = { versionId: V2, text: 'second', labels: ['L'] };
    await expect(store.putVersion(arn, version)).rejects.toMatchObject({ code: 'session_unknown' });
    const move = { label: 'AWSCURRENT', from: V1, to: V2 };
    await expect(store.moveLabel(arn, move)).rejects.toMatchObject({ code: 'session_unknown' });
    expect(await store.readVersion(arn, { versionId: V1 })).toBeUndefined();
  });

  it('returns the time of the service’s clock, not of this machine’s', async () => {
    standIn.clock.advanceMs(3 * 60 * 1000);
    const { nowMs } = await store.readCurrent(SESSION);
    expect(Math.abs(nowMs - Date.now() - 3 * 60 * 1000)).toBeLessThan(2000);
  });

  it('writes a version once: the same text again succeeds, another text is a conflict', async () => {
    const version = { versionId: V2, text: 'second', labels: ['BLINK_LOGOUT_CLAIM'] };
    expect(await store.putVersion(SESSION, version)).toBe('written');
    expect(await store.putVersion(SESSION, version)).toBe('written');
    expect(await store.putVersion(SESSION, { ...version, text: 'third' })).toBe('conflict');
    expect((await store.readCurrent(SESSION)).text).toBe('first');
  });

  it('moves a label only from where it is', async () => {
    await store.putVersion(SESSION, { versionId: V2, text: 'second', labels: ['BLINK_LOGOUT_CLAIM'] });
    const move = { label: 'AWSCURRENT', from: V1, to: V2 };
    expect(await store.moveLabel(SESSION, move)).toBe('moved');
    expect(await store.moveLabel(SESSION, move)).toBe('conflict');
    expect(await store.moveLabel(SESSION, { label: 'AWSCURRENT', to: V1 })).toBe('conflict');
    expect(await store.moveLabel(SESSION, { label: 'BLINK_LOGOUT_CLAIM', from: V2 })).toBe('moved');
    expect(await store.moveLabel(SESSION, { label: 'BLINK_LOGGED_OUT', to: V2 })).toBe('moved');
    expect((await store.readCurrent(SESSION)).labels).toEqual(['AWSCURRENT', 'BLINK_LOGGED_OUT']);
  });

  it('sends a write once: the vault repeats it', async () => {
    standIn.faults.before('PutSecretValue', { do: 'destroy' });
    standIn.faults.before('UpdateSecretVersionStage', refuse('ThrottlingException', 'Rate exceeded'));
    const version = { versionId: V2, text: 'second', labels: ['L'] };
    const move = { label: 'L', to: V1 };
    await expect(store.putVersion(SESSION, version)).rejects.toMatchObject({ code: 'secrets_unavailable' });
    await expect(store.moveLabel(SESSION, move)).rejects.toMatchObject({ code: 'secrets_unavailable' });
    expect(standIn.calls).toHaveLength(2);
  });

  it('repeats a read that was throttled', async () => {
    standIn.faults.before('GetSecretValue', refuse('ThrottlingException', 'Rate exceeded'), { times: 1 });
    expect((await store.readCurrent(SESSION)).text).toBe('first');
    expect(standIn.calls).toHaveLength(2);
  });

  it('gives up after three tries', async () => {
    standIn.faults.before('GetSecretValue', { do: 'destroy' });
    await expect(store.readCurrent(SESSION)).rejects.toMatchObject({ code: 'secrets_unavailable' });
    expect(standIn.calls).toHaveLength(3);
  });

  it('waits three seconds for an answer and for the rest of one', async () => {
    standIn.faults.before('GetSecretValue', { do: 'hold', ms: 60_000 });
    const stalled = createHttpServer((_, response) => {
      response.writeHead(200, { 'Content-Length': '100' }).write('{');
    });
    const urls = [standIn.url, `http://127.0.0.1:${await listening(stalled)}`];
    const clients = urls.map((url) => clientAt(url, { maxAttempts: 1 }));
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
  const VERSION = { VersionId: V1, CreatedDate: new Date(0), ARN: 'arn:x' };

  beforeEach(() => {
    mock.reset();
  });

  it('refuses binary data', async () => {
    mock.on(GetSecretValueCommand).resolves({ ...VERSION, SecretBinary: new Uint8Array([1]) });
    await expect(store.readCurrent(SESSION)).rejects.toMatchObject({ code: 'session_invalid' });
  });

  it.each([
    ['time', { SecretString: 'text', VersionId: V1, ARN: 'arn:x' }],
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
        store.putVersion(SESSION, { versionId: V2, text: 'text', labels: ['L'] }),
        store.moveLabel(SESSION, { label: 'L', to: V2 }),
        // A version that is not there is no failure.
        ...(code === 'session_unknown' ? [] : [store.readVersion(SESSION, { versionId: V1 })]),
      ].map((call) => call.catch((error: unknown) => error)),
    );
    for (const failure of failures) {
      expect(failure).toMatchObject({ code, retryable });
      expect(String(failure)).not.toContain('eyJ-token');
      expect(JSON.stringify(failure)).not.toContain('foreign');
    }
  });

  it('names a replica, which cannot be written, and its primary Region', async () => {
    const message = "You can't modify a replica secret. The primary secret is in eu-west-1.";
    mock.onAnyCommand().rejects(Object.assign(new Error(message), { name: 'InvalidParameterException' }));
    const version = { versionId: V2, text: 'text', labels: ['L'] };
    await expect(store.putVersion(SESSION, version)).rejects.toMatchObject({
      code: 'session_invalid',
      retryable: false,
      message: expect.stringContaining('Region eu-west-1'),
    });
  });
});

test('connections that died in a freeze cost none of a call’s three tries', async () => {
  const accepted: Socket[] = [];
  const requestsOn: number[] = [];
  const server = createServer((socket) => {
    const number = accepted.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (!chunk.toString().includes('POST /')) return;
      requestsOn.push(number);
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
    });
  });
  const client = clientAt(`http://127.0.0.1:${await listening(server)}`);
  const call = () => client.send(new GetSecretValueCommand({ SecretId: 'blink-logout/default' }));

  // A command may load code for long before its first call, which the SDK's handler needs to find http.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
  await Promise.all([call(), call(), call(), call()]);
  expect(new Set(requestsOn).size).toBe(4);
  requestsOn.length = 0;
  // The platform freezes the function; the other side forgets its connections, and says nothing any more.
  vi.setSystemTime(Date.now() + 60_000);
  for (const socket of accepted) socket.removeAllListeners('data');
  await call();
  expect(requestsOn).toEqual([5]);

  client.destroy();
  for (const socket of accepted) socket.destroy();
});
