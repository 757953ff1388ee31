import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { NO_SHARED_FILES } from '../../../lambda/logout/environment.ts';
import { type BlinkStandIn, startBlink } from '../../../local/blink/start-blink.ts';
import { type LocalSession, signIn } from '../../../local/local-session.ts';
import {
  type SecretsManagerStandIn,
  startSecretsManager,
} from '../../../local/secrets-manager/start-secrets-manager.ts';

const ONE_INVOCATION = fileURLToPath(new URL('one-invocation.cjs', import.meta.url));
export const KEY = 'k'.repeat(64);

const reportSchema = v.object({
  returned: v.optional(v.unknown()),
  thrown: v.optional(v.string()),
  loaded: v.array(v.string()),
  looked: v.array(v.string()),
  requiredBeforeConnecting: v.array(v.string()),
});

/** A webhook call for the default session, as the HTTP API sends it to the function. */
export const WEBHOOK = {
  version: '2.0',
  routeKey: 'POST /logout',
  rawPath: '/logout',
  headers: { authorization: `Bearer ${KEY}` },
  requestContext: { http: { method: 'POST' } },
};

export interface BundleUnderTest {
  readonly secretsManager: SecretsManagerStandIn;
  readonly blink: BlinkStandIn;
  /** In a process and a home directory of its own. A variable that is `undefined` is not set. */
  invoke(
    event: unknown,
    environment?: Readonly<Record<string, string | undefined>>,
  ): Promise<v.InferOutput<typeof reportSchema>>;
  close(): Promise<void>;
}

/** Starts stand-ins with the default session, for a built handler that runs with any environment. */
export async function startBundleUnderTest(handler: string): Promise<BundleUnderTest> {
  const home = await mkdtemp(join(tmpdir(), 'blink-logout-home-'));
  await layTrap(home);
  const secretsManager = await startSecretsManager();
  const account = { email: 'a@example.com', password: 'p', tier: 'e008', accountId: 123_456, userId: 1 };
  const blink = await startBlink({ accounts: [account] });
  const session: LocalSession = { name: 'default', form: 'blinkpy', accountId: 123_456, clientId: 1_234_567 };
  signIn({ secretsManager, blink }, session);
  secretsManager.secrets.create('blink-logout-webhook-key', KEY);
  return {
    secretsManager,
    blink,
    async invoke(event, environment = {}) {
      const child = fork(ONE_INVOCATION, [handler, JSON.stringify(event)], {
        env: {
          ...NO_SHARED_FILES,
          HOME: home,
          BLINK_LOGOUT_NAME: 'blink-logout',
          WEBHOOK_AUTH: 'key',
          BLINK_USER_AGENT: 'Blink',
          AWS_REGION: 'us-east-1',
          AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
          AWS_SECRET_ACCESS_KEY: 'secret',
          AWS_SESSION_TOKEN: 'token',
          AWS_LAMBDA_FUNCTION_NAME: 'blink-logout',
          AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
          BLINK_ENDPOINT: blink.url,
          ...environment,
        },
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      const [message] = await once(child, 'message');
      return v.parse(reportSchema, message);
    },
    async close() {
      await Promise.all([secretsManager.close(), blink.close(), rm(home, { recursive: true })]);
    },
  };
}

/** With this configuration, requests fail. */
async function layTrap(home: string): Promise<void> {
  await mkdir(join(home, '.aws'));
  await writeFile(
    join(home, '.aws', 'config'),
    '[default]\nregion = nowhere-1\nendpoint_url = http://127.0.0.1:9\n',
  );
  await writeFile(join(home, '.aws', 'credentials'), '[default]\naws_access_key_id = trap\n');
}
