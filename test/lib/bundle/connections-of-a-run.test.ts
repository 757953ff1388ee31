import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCertificate } from '../../../bench/certificate.ts';
import { startDelayingProxy } from '../../../bench/delaying-proxy.ts';
import { buildFunction } from '../../../lib/function-bundle.ts';
import { startBlink } from '../../../local/blink/start-blink.ts';
import { signIn } from '../../../local/local-session.ts';
import { startBundleUnderTest, WEBHOOK } from './bundle-under-test.ts';

const ACCOUNT = { email: 'a@example.com', password: 'p', tier: 'e008', accountId: 123_456, userId: 1 };

test('over TLS, a cold run opens one connection to each of Blink’s hosts, and uses both', async ({
  onTestFinished,
}) => {
  const directory = await mkdtemp(join(tmpdir(), 'blink-logout-'));
  const certificate = await createCertificate(directory);
  const built = await buildFunction(join(directory, 'function'));
  const bundle = await startBundleUnderTest(join(built.directory, 'init.mjs'));
  const blink = await startBlink({ tls: certificate, accounts: [ACCOUNT] });
  const hosts: (string | undefined)[] = [];
  const port = await startDelayingProxy(blink.port, { awayMs: 0, workMs: 0 }, hosts);
  onTestFinished(() =>
    Promise.all([bundle.close(), blink.close(), rm(directory, { recursive: true })]).then(),
  );

  const session = { name: 'default', form: 'blinkpy', accountId: ACCOUNT.accountId, clientId: 7 } as const;
  signIn({ secretsManager: bundle.secretsManager, blink }, session);
  const result = await bundle.invoke(WEBHOOK, {
    BLINK_ENDPOINT: `https://127.0.0.1:${port}`,
    NODE_EXTRA_CA_CERTS: certificate.file,
  });
  expect(result).toMatchObject({ returned: { statusCode: 200 } });
  expect(hosts.toSorted()).toEqual(['api.oauth.blink.com', 'rest-e008.immedia-semi.com']);
});
