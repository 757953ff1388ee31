import type { Socket } from 'node:net';
import type { Context } from 'aws-lambda';
import { blinkOverHttps } from '../core/blink/blink-over-https.ts';
import { createHttpExchange } from '../core/blink/http-exchange.ts';
import { TOKEN_URL } from '../core/blink/token-request.ts';
import { Connections } from '../core/connections/connections.ts';
import { DEFAULT_SESSION } from '../core/session-name.ts';
import { sessionSecretPrefix, webhookKeySecretName } from '../core/stack-name.ts';
import { type Deadline, realTiming } from '../core/time.ts';
import { secretsManagerClient, secretsManagerStore } from '../core/vault/secrets-manager.ts';
import { readEnvironment } from './environment.ts';
import { prefetch, prefetchSession } from './prefetch.ts';
import { run, type Wiring } from './run.ts';
import { keptKeys, readWebhookKeys } from './webhook/kept-keys.ts';

/** The name of every error that it throws is a failure code. */
export type Handler = (event: unknown, context: Context) => ReturnType<typeof run>;

/**
 * Creates the function's handler, and prefetches what nearly every run reads: the webhook's key and the session `default`.
 * @param variables the environment
 * @param socket a connection to Blink's OAuth host, before TLS
 */
export async function createHandler(
  variables: Readonly<Record<string, string | undefined>>,
  socket?: Socket,
): Promise<Handler> {
  const environment = readEnvironment(variables);
  const { BLINK_LOGOUT_NAME: name, BLINK_ENDPOINT: endpoint } = environment;
  const connections = new Connections(endpoint);
  connections.open(TOKEN_URL, socket);

  const client = secretsManagerClient({});
  const keys =
    environment.WEBHOOK_AUTH === 'key'
      ? await prefetch(() => readWebhookKeys(secretsManagerStore(client, ''), webhookKeySecretName(name)))
      : undefined;
  const wiring: Wiring = {
    store: await prefetchSession(secretsManagerStore(client, sessionSecretPrefix(name)), DEFAULT_SESSION),
    blink: blinkOverHttps(
      {
        userAgent: environment.BLINK_USER_AGENT,
        exchange: createHttpExchange(connections),
        timing: realTiming,
      },
      (url) => connections.open(url),
    ),
    callers: keys === undefined ? 'iam' : keptKeys(keys),
    timing: realTiming,
    sessionMetrics: environment.SESSION_METRICS === 'true',
    metricsNamespace: name,
    // Not console.log: Lambda would wrap the line in another JSON object, and CloudWatch would not find the metrics.
    log: (line) => process.stdout.write(`${line}\n`),
  };

  let coldStart = true;
  return async (event, context) => {
    const invocation = {
      requestId: context.awsRequestId,
      runEnds: deadlineOf(context),
      coldStart,
    };
    coldStart = false;
    return run(wiring, event, invocation);
  };
}

/** By both clocks of the process: Lambda's remaining time follows the wall clock, which may be set back. */
function deadlineOf(context: Context): Deadline {
  const endsAtMs = realTiming.nowMs() + context.getRemainingTimeInMillis();
  return {
    remainingMs: () => Math.min(context.getRemainingTimeInMillis(), endsAtMs - realTiming.nowMs()),
  };
}
