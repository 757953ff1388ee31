import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { type Certificate, createCertificate } from '../../bench/certificate.ts';

let directory: string;
let certificate: Certificate;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'blink-logout-tls-'));
  certificate = await createCertificate(directory);
});
afterAll(() => rm(directory, { recursive: true }));

/** A server whose certificate has the right names, and is signed by no certificate authority. */
async function selfSignedServer({ onTestFinished }: TestContext) {
  const received: string[] = [];
  const server = createServer(certificate, ({ headers, url }, response) => {
    received.push(`${headers.host}${url}`.replace(/:\d+|\?.*/g, ''));
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { endpoint: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

/** Gives what the process prints. */
async function run(words: readonly string[], variables: Readonly<Record<string, string>>): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    HOME: directory,
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    AWS_REGION: 'us-east-1',
    ...variables,
  };
  return new Promise((resolve) =>
    execFile(process.execPath, [...words], { env }, (_, stdout) => resolve(stdout)),
  );
}

describe.concurrent('although NODE_TLS_REJECT_UNAUTHORIZED is 0', () => {
  test('nothing is sent to a server with an untrusted certificate', async (context) => {
    const { endpoint, received } = await selfSignedServer(context);
    expect(await run(['test/tls/send-everything.ts', endpoint], {})).toBe(
      'exchange refused\nopenedAhead refused\nsubmitPassword refused\nsecretsManager refused\n',
    );
    expect(received).toEqual([]);
  });

  test('everything is sent to the same server once its certificate is trusted', async (context) => {
    const { endpoint, received } = await selfSignedServer(context);
    await run(['test/tls/send-everything.ts', endpoint], { NODE_EXTRA_CA_CERTS: certificate.file });
    expect(received).toEqual([
      'api.oauth.blink.com/oauth/token',
      'api.oauth.blink.com/oauth/token',
      'api.oauth.blink.com/oauth/v2/authorize',
      'api.oauth.blink.com/oauth/v2/signin',
      '127.0.0.1/',
    ]);
  });

  test('a session command sends nothing to a Secrets Manager with an untrusted certificate', async (context) => {
    const { endpoint, received } = await selfSignedServer(context);
    const stdout = await run(['bin/session.ts', 'list', '--json'], {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'x',
    });
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'network' } });
    expect(received).toEqual([]);
  });

  test('a session command asks no server with an untrusted certificate for credentials', async (context) => {
    const { endpoint, received } = await selfSignedServer(context);
    const stdout = await run(['bin/session.ts', 'list', '--json'], {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpoint}/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'canary',
    });
    expect(JSON.parse(stdout)).toHaveProperty('error');
    expect(received).toEqual([]);
  });
});
