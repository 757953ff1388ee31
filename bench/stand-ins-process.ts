import * as v from 'valibot';
import { startBlink } from '../local/blink/start-blink.ts';
import type { Hook } from '../local/faults.ts';
import { signIn } from '../local/local-session.ts';
import { startSecretsManager } from '../local/secrets-manager/start-secrets-manager.ts';
import { atTime, startDelayingProxy, wallClockMs } from './delaying-proxy.ts';
import { delaysSchema } from './network.ts';
import { WEBHOOK_KEY } from './stand-ins.ts';

/** The process of `startStandIns`: it is sent the names of sessions to sign in, and answers when that is done. */

const ACCOUNT = { email: 'a@example.com', password: 'p', tier: 'e008', accountId: 123_456, userId: 1 };

const startSchema = v.object({ key: v.string(), cert: v.string(), delays: delaysSchema });
const { delays, ...tls } = v.parse(startSchema, JSON.parse(process.argv[2] ?? ''));
const secretsManager = await startSecretsManager({ tls });
const blink = await startBlink({ tls, accounts: [ACCOUNT] });
secretsManager.secrets.create('blink-logout-webhook-key', WEBHOOK_KEY);

const { blinkAwayMs, blinkWorkMs, secretsAwayMs, secretsWorkMs } = delays;
secretsManager.faults.onCall = working(secretsWorkMs);
blink.faults.onCall = working(blinkWorkMs);
const secretsNetwork = { awayMs: secretsAwayMs, workMs: secretsWorkMs };
const blinkNetwork = { awayMs: blinkAwayMs, workMs: blinkWorkMs };
const secretsPort = await startDelayingProxy(secretsManager.port, secretsNetwork);
const blinkPort = await startDelayingProxy(blink.port, blinkNetwork);

/** Answers each request `workMs` after its arrival, the CPU time of the stand-in included. */
function working<Call extends object>(workMs: number): Hook<Call> {
  const arrivedAtMs = new WeakMap<Call, number>();
  return async (call, moment) => {
    const now = wallClockMs();
    if (moment === 'before') arrivedAtMs.set(call, now);
    else await new Promise<void>((resolve) => atTime((arrivedAtMs.get(call) ?? now) + workMs, resolve));
    return undefined;
  };
}

let clients = 1_000_000;

function signInAnew(name: string): void {
  const secretName = `blink-logout/${name}`;
  if (secretsManager.secrets.all().some((secret) => secret.name === secretName)) {
    secretsManager.secrets.deleteWithoutRecovery(secretName);
  }
  clients += 1;
  const { accountId } = ACCOUNT;
  signIn({ secretsManager, blink }, { name, form: 'blinkpy', accountId, clientId: clients });
}

process.on('message', (sessions) => {
  v.parse(v.array(v.string()), sessions).forEach(signInAnew);
  process.send?.('done');
});
process.on('disconnect', () => process.exit());
process.send?.({
  secretsManagerUrl: `https://127.0.0.1:${secretsPort}`,
  blinkUrl: `https://127.0.0.1:${blinkPort}`,
});
