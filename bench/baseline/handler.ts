import type { Context } from 'aws-lambda';
import { blinkOverHttps } from '../../lambda/blink/blink-over-https.ts';
import { createHttpExchange } from '../../lambda/blink/http-exchange.ts';
import { readEnvironment, sessionSecretPrefix, webhookKeySecretName } from '../../lambda/environment.ts';
import { run, type Wiring } from '../../lambda/run/run.ts';
import { realTiming } from '../../lambda/time.ts';
import { secretsManagerClient, secretsManagerStore } from '../../lambda/vault/secrets-manager.ts';
import { readWebhookKeys, webhookKeys } from '../../lambda/webhook/webhook-keys.ts';

/** The baseline: the function's sources, without requests and connections before the first call. */
const environment = readEnvironment(process.env);
const { BLINK_LOGOUT_NAME: name } = environment;
const client = secretsManagerClient({});

const wiring: Wiring = {
  store: secretsManagerStore(client, sessionSecretPrefix(name)),
  blink: blinkOverHttps({
    userAgent: environment.BLINK_USER_AGENT,
    exchange: createHttpExchange(environment.BLINK_ENDPOINT),
  }),
  callers: webhookKeys(() => readWebhookKeys(client, webhookKeySecretName(name)), Date.now),
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
