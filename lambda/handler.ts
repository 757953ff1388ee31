import './connections/early-socket.ts';

import type { Context } from 'aws-lambda';
import { blinkOverHttps } from './blink/blink-over-https.ts';
import { createHttpExchange } from './blink/http-exchange.ts';
import { TOKEN_URL } from './blink/token-request.ts';
import { addressOf, blinkConnections } from './connections/blink-connections.ts';
import { earlySocket } from './connections/early-socket.ts';
import { prefetch, readAhead } from './connections/priming.ts';
import { readEnvironment, sessionSecretPrefix, webhookKeySecretName } from './environment.ts';
import { run, type Wiring } from './run/run.ts';
import { DEFAULT_SESSION } from './session-name.ts';
import { realTiming } from './time.ts';
import { secretsManagerClient, secretsManagerStore } from './vault/secrets-manager.ts';
import { readWebhookKeys, webhookKeys } from './webhook/webhook-keys.ts';

const environment = readEnvironment(process.env);
const connections = blinkConnections(environment.BLINK_ENDPOINT);
connections.open(addressOf(TOKEN_URL, environment.BLINK_ENDPOINT), earlySocket);

const { BLINK_LOGOUT_NAME: name } = environment;
const client = secretsManagerClient({});

// Nearly every run reads these. They are requested while Lambda still prepares the first invocation.
const keys =
  environment.WEBHOOK_AUTH === 'key'
    ? prefetch(() => readWebhookKeys(client, webhookKeySecretName(name)))
    : undefined;
const store = readAhead(secretsManagerStore(client, sessionSecretPrefix(name)), DEFAULT_SESSION, keys?.over);

const wiring: Wiring = {
  store,
  blink: blinkOverHttps({
    userAgent: environment.BLINK_USER_AGENT,
    exchange: createHttpExchange(environment.BLINK_ENDPOINT, connections),
    open: (url) => connections.open(addressOf(url, environment.BLINK_ENDPOINT)),
  }),
  callers: keys === undefined ? 'iam' : webhookKeys(keys.ask, Date.now),
  timing: realTiming,
  sessionMetrics: environment.SESSION_METRICS === 'true',
  metricsNamespace: name,
  // Not console.log: Lambda would wrap the line in another JSON object, and CloudWatch would not find the metrics.
  log: (line) => process.stdout.write(`${line}\n`),
};

let coldStart = true;

/** The function's entry point. The name of every error that it throws is a failure code. */
export async function handler(event: unknown, context: Context): ReturnType<typeof run> {
  const invocation = {
    requestId: context.awsRequestId,
    runEnds: { remainingMs: () => context.getRemainingTimeInMillis() },
    coldStart,
  };
  coldStart = false;
  return run(wiring, event, invocation);
}
