import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { NO_SHARED_FILES } from '../../../lambda/logout/environment.ts';
import { type BlinkStandIn, startBlink } from '../../../local/blink/start-blink.ts';
import { type LocalSession, type StandIns, signIn } from '../../../local/local-session.ts';
import {
  type SecretsManagerStandIn,
  startSecretsManager,
} from '../../../local/secrets-manager/start-secrets-manager.ts';
import { KEY } from '../../lambda/logout/run-under-test.ts';

const ONE_INVOCATION = fileURLToPath(new URL('one-invocation.cjs', import.meta.url));

const reportSchema = v.object({
  returned: v.optional(v.unknown()),
  thrown: v.optional(v.string()),
  loaded: v.array(v.string()),
  looked: v.array(v.string()),
  requiredBeforeConnecting: v.array(v.string()),
});

export const ACCOUNT = {
  ...{ email: 'a@example.com', password: 'p', tier: 'e008' },
  ...{ accountId: 123_456, userId: 1 },
};
export const SESSION: LocalSession = {
  ...{ name: 'default', form: 'blinkpy' },
  ...{ accountId: ACCOUNT.accountId, clientId: 1_234_567 },
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
  const blink = await startBlink({ accounts: [ACCOUNT] });
  signIn({ secretsManager, blink }, SESSION);
  secretsManager.secrets.create('blink-logout-webhook-key', KEY);
  return {
    secretsManager,
    blink,
    async invoke(event, environment = {}) {
      const child = fork(ONE_INVOCATION, [handler, JSON.stringify(event)], {
        env: { ...environmentOf({ secretsManager, blink }), HOME: home, ...environment },
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

/** The function's environment, with the addresses of the stand-ins. */
export function environmentOf({ secretsManager, blink }: StandIns): Readonly<Record<string, string>> {
  return {
    ...NO_SHARED_FILES,
    BLINK_LOGOUT_NAME: 'blink-logout',
    WEBHOOK_AUTH: 'key',
    BLINK_USER_AGENT: 'Blink',
    BLINK_ENDPOINT: blink.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'token',
    AWS_LAMBDA_FUNCTION_NAME: 'blink-logout',
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
