import type { Context } from 'aws-lambda';
import { blinkOverHttps } from '../../lambda/core/blink/blink-over-https.ts';
import { createHttpExchange } from '../../lambda/core/blink/http-exchange.ts';
import { Connections } from '../../lambda/core/connections/connections.ts';
import { sessionSecretPrefix, webhookKeySecretName } from '../../lambda/core/stack-name.ts';
import { realTiming } from '../../lambda/core/time.ts';
import { secretsManagerClient, secretsManagerStore } from '../../lambda/core/vault/secrets-manager.ts';
import { readEnvironment } from '../../lambda/logout/environment.ts';
import { run, type Wiring } from '../../lambda/logout/run.ts';
import { keptKeys, readWebhookKeys } from '../../lambda/logout/webhook/kept-keys.ts';

/** The baseline: the function's sources, without requests and connections before the first call. */
const environment = readEnvironment(process.env);
const { BLINK_LOGOUT_NAME: name } = environment;
const client = secretsManagerClient({});

const wiring: Wiring = {
  store: secretsManagerStore(client, sessionSecretPrefix(name)),
  blink: blinkOverHttps({
    userAgent: environment.BLINK_USER_AGENT,
    exchange: createHttpExchange(new Connections(environment.BLINK_ENDPOINT)),
    timing: realTiming,
  }),
  callers: keptKeys(() => readWebhookKeys(secretsManagerStore(client, ''), webhookKeySecretName(name))),
  timing: realTiming,
  sessionMetrics: true,
  metricsNamespace: name,
  log: (line) => process.stdout.write(`${line}\n`),
};

let coldStart = true;

export async function handler(event: unknown, context: Context): ReturnType<typeof run> {
  const invocation = {
    requestId: context.awsRequestId,
    runEnds: { remainingMs: () => context.getRemainingTimeInMillis() },
    coldStart,
  };
  coldStart = false;
  return run(wiring, event, invocation);
}
