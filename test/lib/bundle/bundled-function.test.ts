import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createCertificate } from '../../../bench/certificate.ts';
import { startDelayingProxy } from '../../../bench/delaying-proxy.ts';
import { buildFunction } from '../../../lib/function-bundle.ts';
import { startBlink } from '../../../local/blink/start-blink.ts';
import { signIn } from '../../../local/local-session.ts';
import { KEY, WEBHOOK } from '../../lambda/logout/run-under-test.ts';
import { ACCOUNT, type BundleUnderTest, SESSION, startBundleUnderTest } from './bundle-under-test.ts';

let directory: string;
let bundle: BundleUnderTest;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'blink-logout-'));
  await buildFunction(join(directory, 'function'));
});
afterAll(() => rm(directory, { recursive: true }));
beforeEach(async () => {
  bundle = await startBundleUnderTest(join(directory, 'function/init.mjs'));
});
afterEach(() => bundle.close());

const LOGGED_OUT = { returned: { statusCode: 200, body: expect.stringContaining('"logged_out"') } };
const actions = () => bundle.secretsManager.calls.map(({ action }) => action);
const secretIds = () => [...new Set(bundle.secretsManager.calls.map(({ secretId }) => secretId))].sort();

// On a busy machine, a prefetched answer is too old by the time it is needed, and is asked for again.
it('a cold run sends these requests and no others, and loads and looks for nothing that costs time', {
  retry: 3,
}, async () => {
  const run = await bundle.invoke(WEBHOOK);
  // No fetch, no HTTP/2 and no zlib; nothing under the home directory.
  expect(run).toMatchObject({ ...LOGGED_OUT, loaded: [], looked: [] });
  expect(actions().sort()).toEqual([
    'GetSecretValue', // the webhook's key
    'GetSecretValue', // and the one before
    'GetSecretValue', // the session
    'GetSecretValue', // its journal
    'GetSecretValue', // what 0.2.0 has left
    'PutSecretValue', // claim
    'PutSecretValue', // save
    'UpdateSecretVersionStage', // AWSCURRENT
    'UpdateSecretVersionStage', // BLINK_LOGGED_OUT
  ]);
  expect(bundle.secretsManager.calls.every((call) => call.hasSessionToken)).toBe(true);
  expect(bundle.blink.calls.map(({ action }) => action)).toEqual(['refresh', 'logout']);
});

it('over TLS, opens one connection to each of Blink’s hosts, and uses both', async ({ onTestFinished }) => {
  const certificate = await createCertificate(directory);
  const blink = await startBlink({ tls: certificate, accounts: [ACCOUNT] });
  onTestFinished(() => blink.close());
  signIn({ secretsManager: bundle.secretsManager, blink }, SESSION);
  const hosts: (string | undefined)[] = [];
  const port = await startDelayingProxy(blink.port, { awayMs: 0, workMs: 0 }, hosts);
  const run = await bundle.invoke(WEBHOOK, {
    BLINK_ENDPOINT: `https://127.0.0.1:${port}`,
    NODE_EXTRA_CA_CERTS: certificate.file,
  });
  expect(run).toMatchObject(LOGGED_OUT);
  expect(hosts.toSorted()).toEqual(['api.oauth.blink.com', 'rest-e008.immedia-semi.com']);
});

it('with IAM, a caller whom API Gateway has authenticated needs no key, and none is read', async () => {
  const iam = { userArn: 'arn:aws:iam::123456789012:user/caller' };
  const event = { ...WEBHOOK, requestContext: { ...WEBHOOK.requestContext, authorizer: { iam } } };
  expect(await bundle.invoke(event, { WEBHOOK_AUTH: 'iam' })).toMatchObject(LOGGED_OUT);
  expect(secretIds()).toEqual(['blink-logout/default']);
});

it('with IAM, a caller whom API Gateway has not authenticated is refused, although it has the key', async () => {
  expect(await bundle.invoke(WEBHOOK, { WEBHOOK_AUTH: 'iam' })).toMatchObject({
    returned: { statusCode: 401 },
  });
});

it('under another name uses only the secrets and the metrics of that name', async () => {
  bundle.secretsManager.secrets.create('blink-logout-garden-webhook-key', KEY);
  const { returned } = await bundle.invoke(WEBHOOK, { BLINK_LOGOUT_NAME: 'blink-logout-garden' });
  expect(returned).toMatchObject({ statusCode: 404, body: expect.stringContaining('session_unknown') });
  expect(secretIds()).toEqual(['blink-logout-garden-webhook-key', 'blink-logout-garden/default']);
});

it('connects to Blink’s OAuth host before it loads the handler', async () => {
  const BLINK_ENDPOINT = 'https://127.0.0.1:9';
  const { requiredBeforeConnecting } = await bundle.invoke({ action: 'check' }, { BLINK_ENDPOINT });
  expect(requiredBeforeConnecting).toEqual([]);
});

it('would look for ~/.aws without the environment that the stack sets', async () => {
  const { looked } = await bundle.invoke(
    { action: 'check' },
    { AWS_CONFIG_FILE: undefined, AWS_SHARED_CREDENTIALS_FILE: undefined },
  );
  expect(looked.toSorted()).toEqual(['/.aws/config', '/.aws/credentials']);
});

it('answers 503 without credentials, for which it looks nowhere else', async () => {
  expect(await bundle.invoke(WEBHOOK, { AWS_ACCESS_KEY_ID: undefined })).toMatchObject({
    returned: { statusCode: 503, body: expect.stringContaining('"secrets_unavailable"') },
  });
  expect(bundle.secretsManager.calls).toEqual([]);
});

it('tries a call to Secrets Manager again that is cut off', async () => {
  bundle.secretsManager.faults.before('PutSecretValue', { do: 'destroy' }, { times: 2 });
  expect(await bundle.invoke(WEBHOOK)).toMatchObject(LOGGED_OUT);
  expect(actions().filter((action) => action === 'PutSecretValue')).toHaveLength(4);
});
