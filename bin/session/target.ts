import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Blink } from '../../lambda/core/blink/blink.ts';
import { blinkOverHttps } from '../../lambda/core/blink/blink-over-https.ts';
import type { Caller } from '../../lambda/core/blink/caller.ts';
import { createHttpExchange } from '../../lambda/core/blink/http-exchange.ts';
import { pauseBy } from '../../lambda/core/blink/retry.ts';
import {
  nameFault,
  sessionSecretPrefix,
  stackName,
  webhookKeySecretName,
} from '../../lambda/core/stack-name.ts';
import { realTiming } from '../../lambda/core/time.ts';
import type { SecretStore } from '../../lambda/core/vault/secret-store.ts';
import { secretsManagerClient, secretsManagerStore } from '../../lambda/core/vault/secrets-manager.ts';
import type { SessionVault } from '../../lambda/core/vault/session-vault.ts';
import { vaultOverStore } from '../../lambda/core/vault/vault-over-store.ts';
import { HIGHEST_FIRST_PORT, type LocalPorts, localPorts, SERVE_PORT } from '../../local/local-ports.ts';
import { awsConfig } from './aws-config.ts';
import { UsageError } from './errors/command-error.ts';
import { commandLine, quoted } from './launcher.ts';
import { type RecordedCall, recordedExchange } from './recorded-exchange.ts';
import { ANDROID, BLINK_ORIGIN } from './sign-in/authorization.ts';

/** Where the sessions are stored: in an AWS account, or in the local run. */
export type Place = {
  /** The options that select it. */
  readonly options: readonly string[];
  region(): Promise<string>;
} & ({ readonly kind: 'aws' } | { readonly kind: 'local'; readonly ports: LocalPorts });

/** What a command works on. */
export interface Target {
  /** A command line for this place that can be pasted. */
  commandLine(...words: readonly string[]): string;
  /** A command line of the AWS CLI for this place that can be pasted. */
  awsCommandLine(service: string, ...words: readonly string[]): string;
  readonly place: Place;
  readonly stackName: string;
  /** The names of the stack's secrets. */
  readonly sessionSecret: (session: string) => string;
  readonly sessionSecretPrefix: string;
  readonly webhookKeySecret: string;
  readonly client: SecretsManagerClient;
  /** For clients of other services: the credentials and the Region of `client`. */
  readonly clientConfig: Pick<SecretsManagerClient['config'], 'credentials' | 'region'>;
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
  /** Each request to Blink. */
  readonly onCall: (call: RecordedCall) => void;
}

export interface TargetOptions {
  readonly verbose?: boolean | undefined;
  readonly stack?: string | undefined;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly local?: boolean | undefined;
  readonly port?: string | undefined;
}

/** The default of the function's setting `blinkUserAgent`. */
const USER_AGENT = 'Blink';

export async function openTarget(
  options: TargetOptions,
  { onSaveRetry, onCall }: TargetHooks,
): Promise<Target> {
  const { client, place, blinkEndpoint } = options.local ? local(options) : await aws(options);
  const name = stackNameOf(options);
  const prefix = sessionSecretPrefix(name);
  const store = secretsManagerStore(client, prefix);
  const exchange = recordedExchange(createHttpExchange(blinkEndpoint), onCall);
  return {
    commandLine: (...words) =>
      commandLine(...words, ...place.options, ...given({ '--stack': options.stack })),
    awsCommandLine: (service, ...words) =>
      ['aws', service, ...words, ...awsCliOptions(place, service)].join(' '),
    place,
    stackName: name,
    sessionSecret: (session) => prefix + session,
    sessionSecretPrefix: prefix,
    webhookKeySecret: webhookKeySecretName(name),
    client,
    clientConfig: { credentials: client.config.credentials, region: client.config.region },
    store,
    vault: vaultOverStore(store, realTiming, onSaveRetry),
    blink: blinkOverHttps({ userAgent: USER_AGENT, exchange }),
    caller: { exchange, userAgent: USER_AGENT, pause: pauseBy(realTiming) },
    signInPage: blinkEndpoint
      ? { origin: blinkEndpoint, callback: `${blinkEndpoint}/signin/callback` }
      : { origin: BLINK_ORIGIN, callback: ANDROID.redirectUri },
  };
}

function awsCliOptions(place: Place, service: string): readonly string[] {
  if (place.kind === 'aws') return place.options;
  const port = service === 'lambda' ? place.ports.lambdaApi : place.ports.secretsManager;
  return ['--endpoint-url', `http://127.0.0.1:${port}`];
}

interface Opened {
  readonly client: SecretsManagerClient;
  readonly place: Place;
  readonly blinkEndpoint?: string;
}

async function aws({ profile, port, region }: TargetOptions): Promise<Opened> {
  if (port !== undefined) throw new UsageError('--port requires --local.');
  const client = secretsManagerClient(await awsConfig({ region, profile }));
  return {
    client,
    place: {
      kind: 'aws',
      options: given({ '--region': region, '--profile': profile }),
      region: () => client.config.region(),
    },
  };
}

function local({ region, profile, port }: TargetOptions): Opened {
  if (region !== undefined || profile !== undefined) {
    throw new UsageError('--local does not accept --region or --profile.');
  }
  const first = port === undefined ? SERVE_PORT : parsePort(port);
  const ports = localPorts(first);
  const client = secretsManagerClient({
    endpoint: `http://127.0.0.1:${ports.secretsManager}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  return {
    client,
    place: {
      kind: 'local',
      ports,
      options: ['--local', ...given({ '--port': port })],
      region: () => client.config.region(),
    },
    blinkEndpoint: `http://127.0.0.1:${ports.blink}`,
  };
}

function given(options: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [name, quoted(value)],
  );
}

/** The option has the setting `name`. */
function stackNameOf({ stack }: TargetOptions): string {
  const fault = stack === undefined ? undefined : nameFault(stack);
  if (fault === undefined) return stackName(stack);
  throw new UsageError(`--stack ${stack}: expected ${fault}.`);
}

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= HIGHEST_FIRST_PORT) return Number(text);
  throw new UsageError(`--port must be a whole number from 1 to ${HIGHEST_FIRST_PORT}.`);
}
