import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { buildFunction } from '../../../lib/function-bundle.ts';
import { startLoopbackServer } from '../../../local/loopback-server.ts';
import { refuse } from '../../../local/secrets-manager/start-secrets-manager.ts';
import { type BundleUnderTest, KEY, startBundleUnderTest, WEBHOOK } from './bundle-under-test.ts';

let directory: string;
let bundle: BundleUnderTest;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'blink-logout-'));
  await buildFunction(directory);
});
afterAll(() => rm(directory, { recursive: true }));
beforeEach(async () => {
  bundle = await startBundleUnderTest(join(directory, 'init.mjs'));
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
  expect(bundle.blink.calls.map(({ action }) => action)).toEqual(['refresh', 'logout']);
});

it('a check writes nothing and does not call Blink', async () => {
  expect(await bundle.invoke({ action: 'check' })).toMatchObject({ returned: { condition: 'ready' } });
  expect(new Set(actions())).toEqual(new Set(['GetSecretValue']));
  expect(bundle.blink.calls).toEqual([]);
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

it.each([
  [200, 'of the key', KEY],
  [401, 'of another key', 'x'.repeat(64)],
])(
  'answers %i to a Standard Webhooks signature %s, made by the library itself',
  async (statusCode, _, key) => {
    const [id, sentAt, body] = ['msg_1', new Date(), '{"action":"check"}'];
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
      'webhook-signature': new Webhook(key).sign(id, sentAt, body),
    };
    expect(await bundle.invoke({ ...WEBHOOK, headers, body })).toMatchObject({ returned: { statusCode } });
  },
);

it.each(['token', undefined])(
  'takes credentials from the environment, here with the session token %s',
  async (AWS_SESSION_TOKEN) => {
    expect(await bundle.invoke(WEBHOOK, { AWS_SESSION_TOKEN })).toMatchObject(LOGGED_OUT);
    const hasToken = new Set(bundle.secretsManager.calls.map((call) => call.hasSessionToken));
    expect(hasToken).toEqual(new Set([AWS_SESSION_TOKEN !== undefined]));
  },
);

it.each([
  ['credentials, for which it looks nowhere else', { AWS_ACCESS_KEY_ID: undefined }],
  ['region: the instance metadata service is not asked', { AWS_REGION: undefined }],
])('answers 503 without %s', async (_, environment) => {
  expect(await bundle.invoke(WEBHOOK, environment)).toMatchObject({
    returned: { statusCode: 503, body: expect.stringContaining('"secrets_unavailable"') },
  });
  expect(bundle.secretsManager.calls).toEqual([]);
});

it('signs requests for the region of the environment', async () => {
  const signatures: string[] = [];
  const server = await startLoopbackServer({}, async ({ headers }) => {
    signatures.push(headers.authorization ?? '');
    return { answer: { status: 400, headers: {}, body: '{"__type":"AccessDeniedException"}' } };
  });
  await bundle.invoke(
    { action: 'check' },
    { AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url },
  );
  await server.close();
  expect(signatures.length).toBeGreaterThan(0);
  for (const signature of signatures) {
    expect(signature).toMatch(/Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/secretsmanager\/aws4_request,/);
  }
});

it.each([
  ['ResourceNotFoundException', 404, 'session_unknown'],
  ['AccessDeniedException', 503, 'secrets_unavailable'],
])('tells the errors of Secrets Manager apart: %s', async (name, statusCode, code) => {
  const where = ({ secretId }: { readonly secretId: string | undefined }) =>
    secretId === 'blink-logout/default';
  bundle.secretsManager.faults.before('GetSecretValue', refuse(name), { where });
  expect(await bundle.invoke(WEBHOOK)).toMatchObject({
    returned: { statusCode, body: expect.stringContaining(`"${code}"`) },
  });
});

it.each([
  ['throttled', refuse('ThrottlingException')],
  ['cut off', { do: 'destroy' } as const],
])('tries a call to Secrets Manager again that is %s', async (_what, effect) => {
  bundle.secretsManager.faults.before('PutSecretValue', effect, { times: 2 });
  expect(await bundle.invoke(WEBHOOK)).toMatchObject(LOGGED_OUT);
  expect(actions().filter((action) => action === 'PutSecretValue')).toHaveLength(4);
});
