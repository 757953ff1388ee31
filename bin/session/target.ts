import type { LambdaClientConfig } from '@aws-sdk/client-lambda';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Blink } from '../../lambda/core/blink/blink.ts';
import { blinkOverHttps } from '../../lambda/core/blink/blink-over-https.ts';
import { createHttpExchange } from '../../lambda/core/blink/http-exchange.ts';
import type { Caller } from '../../lambda/core/blink/rest-call.ts';
import { Connections } from '../../lambda/core/connections/connections.ts';
import {
  nameFault,
  sessionSecretPrefix,
  stackName,
  webhookKeySecretName,
} from '../../lambda/core/stack-name.ts';
import { realTiming } from '../../lambda/core/time.ts';
import type { SecretStore } from '../../lambda/core/vault/secret-store.ts';
import { secretsManagerClient, secretsManagerStore } from '../../lambda/core/vault/secrets-manager.ts';
import { type SessionVault, sessionVault } from '../../lambda/core/vault/session-vault.ts';
import { REGION } from '../../local/account.ts';
import { HIGHEST_FIRST_PORT, type LocalPorts, localPorts, SERVE_PORT } from '../../local/local-ports.ts';
import { awsConfig } from './aws-config.ts';
import { UsageError } from './errors/command-error.ts';
import { commandLine, npmLine, quoted } from './launcher.ts';
import { shownExchange } from './shown-exchange.ts';
import { ANDROID, BLINK_ORIGIN } from './sign-in/authorization.ts';

export interface LocalRun {
  readonly urls: Readonly<Record<keyof LocalPorts, string>>;
  /** The command line that starts it. */
  readonly start: string;
}

/** What a command works on. */
export interface Target {
  /** A command line for this place that can be pasted. */
  commandLine(...words: readonly string[]): string;
  /** A command line of the AWS CLI for this place that can be pasted. */
  awsCommandLine(service: string, ...words: readonly string[]): string;
  /** Where the sessions are, if not in an AWS account. */
  readonly local: LocalRun | undefined;
  readonly stackName: string;
  /** The name of a session's secret; of the empty session, the prefix of all. */
  readonly sessionSecret: (session: string) => string;
  readonly webhookKeySecret: string;
  readonly client: SecretsManagerClient;
  /** For clients of other services. Of those, the local run has only Lambda. */
  readonly clientConfig: Pick<SecretsManagerClient['config'], 'credentials' | 'region'> &
    Pick<LambdaClientConfig, 'endpoint'>;
  readonly store: SecretStore;
  readonly vault: SessionVault;
  readonly blink: Blink;
  readonly caller: Caller;
  readonly signInPage: SignInPage;
}

/** Where Blink's own sign-in page begins, and the address without a query at which it ends. */
export interface SignInPage {
  readonly origin: string;
  readonly callback: string;
}

/** What a command is told while it works. */
export interface TargetHooks {
  /** Each try of a save beyond the first. */
  readonly onSaveRetry: (cause: unknown) => void;
  /** With `verbose`, each request to Blink. */
  readonly show: (text: string) => void;
}

export interface TargetOptions {
  readonly verbose?: boolean;
  readonly stack?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly local?: boolean;
  readonly port?: string;
}

/** The default of the function's setting `blinkUserAgent`. */
const USER_AGENT = 'Blink';

export async function openTarget(
  options: TargetOptions,
  { onSaveRetry, show }: TargetHooks,
): Promise<Target> {
  const { stack, port, region, profile } = options;
  const local = localRunOf(options);
  const urls = local?.urls;
  const client = secretsManagerClient(
    urls === undefined
      ? await awsConfig(options)
      : {
          endpoint: urls.secretsManager,
          region: REGION,
          credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
        },
  );
  const name = stackNameOf(stack);
  const prefix = sessionSecretPrefix(name);
  const store = secretsManagerStore(client, prefix);
  const unseen = createHttpExchange(new Connections(urls?.blink));
  const exchange = options.verbose ? shownExchange(unseen, show) : unseen;
  const caller = { exchange, userAgent: USER_AGENT, timing: realTiming };
  const { credentials, region: regionOfClient } = client.config;
  const own = [...(urls === undefined ? [] : ['--local']), ...given({ port, region, profile, stack })];
  return {
    commandLine: (...words) => commandLine(...words, ...own),
    awsCommandLine(service, ...words) {
      const url = service === 'lambda' ? urls?.lambdaApi : urls?.secretsManager;
      const where =
        url === undefined
          ? given({ region, profile })
          : // Who tries the local run may have no credentials.
            [...given({ 'endpoint-url': url, region: REGION }), '--no-sign-request'];
      return ['aws', service, ...words, ...where].join(' ');
    },
    local,
    stackName: name,
    sessionSecret: (session) => prefix + session,
    webhookKeySecret: webhookKeySecretName(name),
    client,
    clientConfig: { credentials, region: regionOfClient, ...(urls && { endpoint: urls.lambdaApi }) },
    store,
    vault: sessionVault(store, realTiming, onSaveRetry),
    blink: blinkOverHttps(caller),
    caller,
    signInPage: urls
      ? { origin: urls.blink, callback: `${urls.blink}/signin/callback` }
      : { origin: BLINK_ORIGIN, callback: ANDROID.redirectUri },
  };
}

function localRunOf({ local, port }: TargetOptions): LocalRun | undefined {
  if (!local) return undefined;
  const ports = localPorts(port === undefined ? SERVE_PORT : parsePort(port));
  const url = (of: keyof LocalPorts) => `http://127.0.0.1:${ports[of]}`;
  return {
    urls: {
      httpApi: url('httpApi'),
      secretsManager: url('secretsManager'),
      blink: url('blink'),
      lambdaApi: url('lambdaApi'),
    },
    start: npmLine('start -- --serve', ...given({ port })),
  };
}

/** The words of those options that are given. */
function given(options: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, quoted(value)],
  );
}

/** The option has the setting `name`. */
function stackNameOf(stack: string | undefined): string {
  const fault = stack === undefined ? undefined : nameFault(stack);
  if (fault === undefined) return stackName(stack);
  throw new UsageError(`--stack ${stack}: expected ${fault}.`);
}

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= HIGHEST_FIRST_PORT) return Number(text);
  throw new UsageError(`--port must be a whole number from 1 to ${HIGHEST_FIRST_PORT}.`);
}
