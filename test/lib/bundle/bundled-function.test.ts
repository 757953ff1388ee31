import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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

describe('a run sends these requests and no others', () => {
  // On a busy machine, a prefetched answer is too old by the time it is needed, and is asked for again.
  it('by webhook, cold', { retry: 3 }, async () => {
    expect(await bundle.invoke(WEBHOOK)).toMatchObject(LOGGED_OUT);
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

  it('for a check, which writes nothing and does not call Blink', async () => {
    const { returned } = await bundle.invoke({ action: 'check' });
    expect(returned).toMatchObject({ condition: 'ready' });
    expect(new Set(actions())).toEqual(new Set(['GetSecretValue']));
    expect(bundle.blink.calls).toEqual([]);
  });

  it('none for the key if the gateway has authenticated the caller', async () => {
    const iam = { userArn: 'arn:aws:iam::123456789012:user/caller' };
    const event = { ...WEBHOOK, requestContext: { ...WEBHOOK.requestContext, authorizer: { iam } } };
    expect(await bundle.invoke(event, { WEBHOOK_AUTH: 'iam' })).toMatchObject(LOGGED_OUT);
    expect(bundle.secretsManager.calls.map(({ secretId }) => secretId)).not.toContain(
      'blink-logout-webhook-key',
    );
  });
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
  const secrets = new Set(bundle.secretsManager.calls.map(({ secretId }) => secretId));
  expect([...secrets].sort()).toEqual(['blink-logout-garden-webhook-key', 'blink-logout-garden/default']);
});

describe('one run', () => {
  it('connects to Blink’s OAuth host before it loads the handler', async () => {
    const BLINK_ENDPOINT = 'https://127.0.0.1:9';
    const { requiredBeforeConnecting } = await bundle.invoke({ action: 'check' }, { BLINK_ENDPOINT });
    expect(requiredBeforeConnecting).toEqual([]);
  });

  it('loads no fetch, no HTTP/2 and no zlib', async () => {
    expect(await bundle.invoke(WEBHOOK)).toMatchObject({ ...LOGGED_OUT, loaded: [] });
  });

  it('looks for nothing under the home directory', async () => {
    expect(await bundle.invoke(WEBHOOK)).toMatchObject({ ...LOGGED_OUT, looked: [] });
  });

  it('would look for ~/.aws without the environment that the stack sets', async () => {
    const { looked } = await bundle.invoke(
      { action: 'check' },
      { AWS_CONFIG_FILE: undefined, AWS_SHARED_CREDENTIALS_FILE: undefined },
    );
    expect(looked.toSorted()).toEqual(['/.aws/config', '/.aws/credentials']);
  });
});

describe('instead of @smithy/core/event-streams, a stub', () => {
  it('is not called by any of the function’s requests', async () => {
    expect(await bundle.invoke(WEBHOOK)).toMatchObject(LOGGED_OUT);
    expect(new Set(actions())).toEqual(
      new Set(['GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage']),
    );
  });
});

describe('a Standard Webhooks signature', () => {
  const signed = (key: string) => {
    const [id, sentAt, body] = ['msg_1', new Date(), '{"action":"check"}'];
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
      'webhook-signature': new Webhook(key).sign(id, sentAt, body),
    };
    return { ...WEBHOOK, headers, body };
  };

  it('accepts what the library itself has signed', async () => {
    expect(await bundle.invoke(signed(KEY))).toMatchObject({ returned: { statusCode: 200 } });
  });

  it('refuses a signature made with another key', async () => {
    expect(await bundle.invoke(signed('x'.repeat(64)))).toMatchObject({ returned: { statusCode: 401 } });
  });
});

describe('instead of @aws-sdk/credential-provider-node, the environment', () => {
  it.each([
    ['with', 'token', true],
    ['without', undefined, false],
  ])('gives credentials %s a session token', async (_what, AWS_SESSION_TOKEN, hasSessionToken) => {
    expect(await bundle.invoke(WEBHOOK, { AWS_SESSION_TOKEN })).toMatchObject(LOGGED_OUT);
    expect(new Set(bundle.secretsManager.calls.map((call) => call.hasSessionToken))).toEqual(
      new Set([hasSessionToken]),
    );
  });

  it('is the only source of credentials', async () => {
    const AWS_ACCESS_KEY_ID = undefined;
    expect(await bundle.invoke(WEBHOOK, { AWS_ACCESS_KEY_ID })).toMatchObject({
      returned: { statusCode: 503, body: expect.stringContaining('"secrets_unavailable"') },
    });
    expect(bundle.secretsManager.calls).toEqual([]);
  });
});

describe('the environment', () => {
  it('names the region that requests are signed for', async () => {
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

  it('must name a region: the instance metadata service is not asked', async () => {
    expect(await bundle.invoke(WEBHOOK, { AWS_REGION: undefined })).toMatchObject({
      returned: { statusCode: 503 },
    });
  });
});

describe('Secrets Manager’s errors', () => {
  it.each([
    ['ResourceNotFoundException', 404, 'session_unknown'],
    ['InvalidRequestException', 500, 'session_invalid'],
    ['DecryptionFailure', 503, 'secrets_unavailable'],
    ['AccessDeniedException', 503, 'secrets_unavailable'],
  ])('are told apart: %s', async (name, statusCode, code) => {
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
  ])('are tried again where a call is %s', async (_what, effect) => {
    bundle.secretsManager.faults.before('PutSecretValue', effect, { times: 2 });
    expect(await bundle.invoke(WEBHOOK)).toMatchObject(LOGGED_OUT);
    expect(actions().filter((action) => action === 'PutSecretValue')).toHaveLength(4);
  });
});
