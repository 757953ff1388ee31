import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FLEET_ALIAS } from '../lambda/fleet/environment.ts';
import type { AccountSeed } from './blink/accounts.ts';
import { type BlinkStandIn, startBlink } from './blink/start-blink.ts';
import { type Deployment, readDeployment } from './deployment.ts';
import { DurableExecutions } from './fleet/durable-executions.ts';
import { type SnsStandIn, startSns } from './fleet/start-sns.ts';
import { startHttpApi } from './http-api/start-http-api.ts';
import { Lambda } from './lambda.ts';
import type { FinishedInvocation } from './lambda-process.ts';
import { localPorts } from './local-ports.ts';
import type { LoopbackServer } from './loopback-server.ts';
import { scheduledEvent } from './scheduled-event.ts';
import { randomPassword } from './secrets-manager/random-password.ts';
import { type SecretsManagerStandIn, startSecretsManager } from './secrets-manager/start-secrets-manager.ts';
import { startLambdaApi } from './start-lambda-api.ts';
import { synthesize } from './synthesize.ts';

export interface LocalStackOptions {
  /** A cloud assembly. @default - the app is synthesized, which takes a few seconds */
  readonly assembly?: string;
  readonly accounts: readonly AccountSeed[];
  /** The HTTP API's port. The other servers use the ports after it. @default - free ports */
  readonly port?: number;
  /** Aborts the synthesis. */
  readonly signal?: AbortSignal;
}

/** The stack on this machine: the function as it would be deployed, with stand-ins for the services that it calls. */
export interface LocalStack {
  readonly deployment: Deployment;
  readonly secretsManager: SecretsManagerStandIn;
  readonly blink: BlinkStandIn;
  readonly lambda: Lambda;
  readonly httpApi: LoopbackServer;
  /** The endpoint for `aws lambda --endpoint-url`. */
  readonly lambdaApi: LoopbackServer;
  /** Has the fleet's e-mails. */
  readonly sns: SnsStandIn;
  /** Of the fleet. */
  readonly executions: DurableExecutions;
  /** A value of the `Authorization` header that the webhook accepts. */
  readonly authorization: string;
  /** Called after each run of any trigger. */
  onInvocation: ((invocation: FinishedInvocation) => void) | undefined;
  /** Invokes the function as the console's test button and `aws lambda invoke` do. */
  invoke(event: unknown): Promise<FinishedInvocation>;
  /** Invokes the function as the schedule does. */
  fireRule(): Promise<FinishedInvocation>;
  close(): Promise<void>;
}

export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const closings: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closing of closings.splice(0).toReversed()) await closing();
  };
  try {
    const ports = options.port === undefined ? undefined : localPorts(options.port);
    const assembly = options.assembly ?? (await synthesizeAside(closings, options.signal));
    const deployment = await readDeployment(assembly);

    const secretsManager = await startSecretsManager({ port: ports?.secretsManager });
    closings.push(secretsManager.close);
    const blink = await startBlink({ accounts: options.accounts, port: ports?.blink });
    closings.push(blink.close);
    const lambda = new Lambda(deployment.function, {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
      BLINK_ENDPOINT: blink.url,
    });
    closings.push(() => lambda.kill());

    const invoke = async (event: unknown) => {
      const invocation = await lambda.invoke(event);
      stack.onInvocation?.(invocation);
      return invocation;
    };
    const httpApi = await startHttpApi({ routes: deployment.routes, invoke, port: ports?.httpApi });
    closings.push(httpApi.close);
    const { name } = deployment.function;
    const sns = await startSns();
    closings.push(sns.close);
    const overrides: Record<string, string> = {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
      AWS_ENDPOINT_URL_SNS: sns.url,
    };
    const executions = new DurableExecutions({ fleet: deployment.fleet, overrides, invoke });
    closings.push(() => executions.close());
    const lambdaApi = await startLambdaApi({
      functionName: name,
      invoke,
      fleetFunction: `${deployment.fleet.name}:${FLEET_ALIAS}`,
      executions,
      port: ports?.lambdaApi,
    });
    closings.push(lambdaApi.close);
    overrides['AWS_ENDPOINT_URL_LAMBDA'] = lambdaApi.url;
    const stack: LocalStack = {
      deployment,
      secretsManager,
      blink,
      lambda,
      httpApi,
      lambdaApi,
      sns,
      executions,
      authorization: generateKey(deployment, secretsManager),
      onInvocation: undefined,
      invoke,
      fireRule: () => invoke(scheduledEvent(deployment.rule)),
      close,
    };
    return stack;
  } catch (error) {
    await close();
    throw error;
  }
}

/** Outside the project, so that the function finds only its own modules, as in Lambda. */
async function synthesizeAside(closings: (() => Promise<void>)[], signal?: AbortSignal): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'blink-logout-')).catch((error: unknown) => {
    throw new Error(
      `cannot write to the temporary directory ${tmpdir()}; set TMPDIR to a directory that exists and is writable`,
      { cause: error },
    );
  });
  closings.push(() => rm(directory, { recursive: true, maxRetries: 3 }));
  await synthesize(directory, signal);
  return directory;
}

/** Generates the key's secret, as CloudFormation does. Returns a caller's `Authorization` header. */
function generateKey({ webhookKey }: Deployment, { secrets }: SecretsManagerStandIn): string {
  const key = randomPassword(webhookKey.GenerateSecretString.PasswordLength);
  secrets.create(webhookKey.Name, key);
  return `Bearer ${key}`;
}
