import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { createCertificate } from '../../bench/certificate.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'blink-logout-tls-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** A server whose certificate has the right names, and is signed by no certificate authority. */
async function selfSignedServer({ onTestFinished }: TestContext, name: string) {
  const own = join(directory, name);
  await mkdir(own);
  const certificate = await createCertificate(own);
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
  const { port } = server.address() as AddressInfo;
  return { endpoint: `https://127.0.0.1:${port}`, certificate: certificate.file, received };
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
  test('everything is sent to a server with a trusted certificate, and nothing to another', async (context) => {
    const trusted = await selfSignedServer(context, 'trusted');
    const other = await selfSignedServer(context, 'other');
    await run(['test/tls/send-everything.ts', trusted.endpoint, other.endpoint], {
      NODE_EXTRA_CA_CERTS: trusted.certificate,
    });
    expect(trusted.received).toEqual([
      'api.oauth.blink.com/oauth/token',
      'api.oauth.blink.com/oauth/token',
      'api.oauth.blink.com/oauth/v2/signin',
      '127.0.0.1/',
    ]);
    expect(other.received).toEqual([]);
  });

  test('a session command asks no server with an untrusted certificate for credentials', async (context) => {
    const { endpoint, received } = await selfSignedServer(context, 'credentials');
    const stdout = await run(['bin/session.ts', 'list', '--json'], {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpoint}/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'canary',
    });
    expect(JSON.parse(stdout)).toHaveProperty('error');
    expect(received).toEqual([]);
  });
});
