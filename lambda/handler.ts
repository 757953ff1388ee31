import type { Context } from 'aws-lambda';
import { blinkOverHttps } from './blink/blink-over-https.ts';
import { readEnvironment } from './environment.ts';
import { run, type Wiring } from './run.ts';
import { realTiming } from './timing.ts';
import { secretsManagerClient, secretsManagerStore } from './vault/secrets-manager.ts';
import { webhookKeys } from './webhook/webhook-keys.ts';

const environment = readEnvironment(process.env);
const client = secretsManagerClient({});

const wiring: Wiring = {
  store: secretsManagerStore(client),
  blink: blinkOverHttps({
    userAgent: environment.BLINK_USER_AGENT,
    ...(environment.BLINK_ENDPOINT !== undefined && { endpoint: environment.BLINK_ENDPOINT }),
  }),
  callers: environment.WEBHOOK_AUTH === 'iam' ? 'gateway' : webhookKeys(client, Date.now),
  timing: realTiming,
  // Past the platform's console, which would wrap the line and so hide the metrics in it.
  log: (line) => process.stdout.write(`${line}\n`),
};

let coldStart = true;

/** The function's entry point. Throws only errors whose name is one of our codes. */
export async function handler(event: unknown, context: Context): ReturnType<typeof run> {
  const invocation = {
    requestId: context.awsRequestId,
    runEnds: { remainingMs: () => context.getRemainingTimeInMillis() },
    coldStart,
  };
  coldStart = false;
  return run(wiring, event, invocation);
}
