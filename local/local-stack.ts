import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stackName, webhookKeySecretName } from '../lambda/core/stack-name.ts';
import type { AccountSeed } from './blink/accounts.ts';
import { type BlinkStandIn, startBlink } from './blink/start-blink.ts';
import { type Deployment, readDeployment } from './deployment.ts';
import { DurableExecutions } from './fleet/durable-executions.ts';
import { type SnsStandIn, startSns } from './fleet/start-sns.ts';
import { Lambda } from './lambda.ts';
import type { FinishedInvocation } from './lambda-process.ts';
import { localPorts } from './local-ports.ts';
import type { LoopbackServer } from './loopback-server.ts';
import { scheduledEvent } from './scheduled-event.ts';
import { type SecretsManagerStandIn, startSecretsManager } from './secrets-manager/start-secrets-manager.ts';
import { startHttpApi } from './start-http-api.ts';
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
  const { accounts, port, signal } = options;
  const opened = new AsyncDisposableStack();
  const open = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> =>
    opened.adopt(await starting, (started) => started.close());
  try {
    const ports = port === undefined ? undefined : localPorts(port);
    const deployment = await readDeployment(options.assembly ?? (await synthesizeAside(opened, signal)));
    const secretsManager = await open(startSecretsManager({ port: ports?.secretsManager }));
    const blink = await open(startBlink({ accounts, port: ports?.blink }));
    const sns = await open(startSns());
    const endpoints = { AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url };
    const lambda = new Lambda(deployment.function, { ...endpoints, BLINK_ENDPOINT: blink.url });
    opened.defer(() => lambda.kill());

    const invoke = async (event: unknown) => {
      const invocation = await lambda.invoke(event);
      stack.onInvocation?.(invocation);
      return invocation;
    };
    const { function: fn, routes, fleet } = deployment;
    const httpApi = await open(startHttpApi({ routes, invoke, port: ports?.httpApi }));
    const overrides: Record<string, string> = { ...endpoints, AWS_ENDPOINT_URL_SNS: sns.url };
    const executions = new DurableExecutions({ fleet, overrides, invoke });
    opened.defer(() => executions.close());
    const lambdaApi = await open(
      startLambdaApi({ functionName: fn.name, invoke, executions, port: ports?.lambdaApi }),
    );
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
      authorization: generateKey(secretsManager),
      onInvocation: undefined,
      invoke,
      fireRule: () => invoke(scheduledEvent()),
      close: () => opened.disposeAsync(),
    };
    return stack;
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** Outside the project, so that the function finds only its own modules, as in Lambda. */
async function synthesizeAside(opened: AsyncDisposableStack, signal?: AbortSignal): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'blink-logout-'));
  opened.defer(() => rm(directory, { recursive: true, maxRetries: 3 }));
  await synthesize(directory, signal);
  return directory;
}

/** Generates the key's secret, as CloudFormation does. Returns a caller's `Authorization` header. */
function generateKey({ secrets }: SecretsManagerStandIn): string {
  const key = randomBytes(32).toString('hex');
  secrets.create(webhookKeySecretName(stackName()), key);
  return `Bearer ${key}`;
}
