import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FUNCTION_TIMEOUT_SECONDS } from '../../lambda/core/claim-life.ts';
import { webhookKeySecretName } from '../../lambda/core/stack-name.ts';
import { buildFunction } from '../../lib/function-bundle.ts';
import { type BlinkStandIn, startBlink } from '../../local/blink/start-blink.ts';
import type { DeployedFunction } from '../../local/deployment.ts';
import {
  type SecretsManagerStandIn,
  startSecretsManager,
} from '../../local/secrets-manager/start-secrets-manager.ts';

export const WEBHOOK_KEY = 'canary-webhook-key-of-enough-characters';

const ACCOUNT = { email: 'canary@example.com', password: 'canary', tier: 'e008', accountId: 7, userId: 8 };

/** A session of one client of its own. */
export interface SessionUnderTest {
  readonly name: string;
  readonly secretName: string;
  readonly clientId: number;
}

/** The function as it is deployed, to be run in processes of its own, and the stand-ins that it talks to. */
export interface FunctionUnderTest {
  readonly fn: DeployedFunction;
  /** Where the stand-ins are, for the function's environment. */
  readonly endpoints: Readonly<Record<string, string>>;
  readonly secretsManager: SecretsManagerStandIn;
  readonly blink: BlinkStandIn;
  signIn(name: string): SessionUnderTest;
  /** A person signs in to the session again. */
  signInAgain(session: SessionUnderTest): void;
  /** Whether the newest token that Blink issued for the session is current in its secret. */
  holdsNewestToken(session: SessionUnderTest): boolean;
  close(): Promise<void>;
}

const NAME = 'blink-logout';

export async function startFunctionUnderTest(): Promise<FunctionUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), 'blink-logout-proof-'));
  const [{ directory: assetDirectory }, secretsManager, blink] = await Promise.all([
    buildFunction(join(directory, 'function')),
    startSecretsManager(),
    startBlink({ accounts: [ACCOUNT] }),
  ]);
  secretsManager.secrets.create(webhookKeySecretName(NAME), WEBHOOK_KEY);
  let nextClientId = 1_000_001;

  const newText = (clientId: number) =>
    JSON.stringify({
      refresh_token: blink.seedSession({ accountId: ACCOUNT.accountId, clientId }),
      host: `${ACCOUNT.tier}.immedia-semi.com`,
      account_id: ACCOUNT.accountId,
      client_id: String(clientId),
      username: ACCOUNT.email,
      password: ACCOUNT.password,
      token: 'eyJ-an-old-access-token',
    });

  return {
    fn: {
      name: NAME,
      assetDirectory,
      handler: 'init.handler',
      runtime: 'nodejs24.x',
      environment: { BLINK_LOGOUT_NAME: NAME, WEBHOOK_AUTH: 'key', BLINK_USER_AGENT: 'Blink' },
      timeoutSeconds: FUNCTION_TIMEOUT_SECONDS,
      memoryMb: 512,
    },
    endpoints: { AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url, BLINK_ENDPOINT: blink.url },
    secretsManager,
    blink,
    signIn(name) {
      const session = { name, secretName: `${NAME}/${name}`, clientId: nextClientId++ };
      secretsManager.secrets.create(session.secretName, newText(session.clientId));
      return session;
    },
    signInAgain({ secretName, clientId }) {
      const secret = secretsManager.secrets.find(secretName);
      secret.put(crypto.randomUUID(), newText(clientId), ['AWSCURRENT']);
    },
    holdsNewestToken({ secretName, clientId }) {
      const newest = blink.tokens.newest(clientId);
      const { text } = secretsManager.secrets.find(secretName).version({ label: 'AWSCURRENT' });
      return newest !== undefined && text.includes(newest);
    },
    async close() {
      await Promise.all([secretsManager.close(), blink.close()]);
      await rm(directory, { recursive: true });
    },
  };
}
