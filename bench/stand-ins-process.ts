import * as v from 'valibot';
import { startBlink } from '../local/blink/start-blink.ts';
import type { Hook } from '../local/faults.ts';
import { signIn } from '../local/local-session.ts';
import { startSecretsManager } from '../local/secrets-manager/start-secrets-manager.ts';
import { atTime, type ProxiedConnection, startDelayingProxy, wallClockMs } from './delaying-proxy.ts';
import {
  type StandInsAnswer,
  standInsQuestionSchema,
  startSchema,
  type Wait,
  WEBHOOK_KEY,
} from './stand-ins-protocol.ts';

/** Secrets Manager and Blink over TLS, in their own process, so that their CPU time is not part of the function's. */

const ACCOUNT = { email: 'a@example.com', password: 'p', tier: 'e008', accountId: 123_456, userId: 1 };
const SECRETS_MANAGER = 'Secrets Manager';

const { delays, ...tls } = v.parse(startSchema, JSON.parse(process.argv[2] ?? ''));
const secretsManager = await startSecretsManager({ tls });
const blink = await startBlink({ tls, accounts: [ACCOUNT] });
secretsManager.secrets.create('blink-logout-webhook-key', WEBHOOK_KEY);

let requests: Wait[] = [];
const connections: ProxiedConnection[] = [];

let ports = { secretsManager: secretsManager.port, blink: blink.port };
if (delays !== undefined) {
  const { blinkAwayMs, blinkWorkMs, secretsAwayMs, secretsWorkMs } = delays;
  secretsManager.faults.onCall = working(secretsWorkMs, secretsAwayMs, () => SECRETS_MANAGER);
  blink.faults.onCall = working(blinkWorkMs, blinkAwayMs, ({ host }) => host);
  ports = {
    secretsManager: await startDelayingProxy(
      secretsManager.port,
      { awayMs: secretsAwayMs, workMs: secretsWorkMs },
      connections,
    ),
    blink: await startDelayingProxy(blink.port, { awayMs: blinkAwayMs, workMs: blinkWorkMs }, connections),
  };
}

/** Answers each request `workMs` after its arrival, the CPU time of the stand-in included, and records it. */
function working<Call extends { readonly action: string }>(
  workMs: number,
  awayMs: number,
  hostOf: (call: Call) => string,
): Hook<Call> {
  const arrivedAtMs = new WeakMap<Call, number>();
  return async (call, moment) => {
    const now = wallClockMs();
    if (moment === 'before') {
      arrivedAtMs.set(call, now);
      return undefined;
    }
    const arrived = arrivedAtMs.get(call) ?? now;
    const answersAtMs = arrived + workMs;
    const what = call.action;
    requests.push({ what, host: hostOf(call), fromMs: arrived - awayMs / 2, toMs: answersAtMs + awayMs / 2 });
    await new Promise<void>((resolve) => atTime(answersAtMs, resolve));
    return undefined;
  };
}

let clients = 1_000_000;

/** Replaces these sessions by new ones, and clears the records. */
function signInAnew(names: readonly string[]): void {
  for (const name of names) {
    const secretName = `blink-logout/${name}`;
    if (secretsManager.secrets.all().some((secret) => secret.name === secretName)) {
      secretsManager.secrets.deleteWithoutRecovery(secretName);
    }
    clients += 1;
    const { accountId } = ACCOUNT;
    signIn({ secretsManager, blink }, { name, form: 'blinkpy', accountId, clientId: clients });
  }
  requests = [];
  connections.length = 0;
}

function recorded(): Wait[] {
  const handshakes = connections.flatMap(({ host = SECRETS_MANAGER, openedAtMs, establishedAtMs }) =>
    establishedAtMs === undefined
      ? []
      : [{ what: 'handshake', host, fromMs: openedAtMs, toMs: establishedAtMs }],
  );
  return [...handshakes, ...requests];
}

function answer(message: unknown): StandInsAnswer {
  const question = v.parse(standInsQuestionSchema, message);
  switch (question.ask) {
    case 'sign in':
      signInAnew(question.sessions);
      return { kind: 'done' };
    case 'recorded':
      return { kind: 'recorded', waits: recorded() };
  }
}

process.on('message', (message) => process.send?.(answer(message)));
process.on('disconnect', () => process.exit());
process.send?.({
  kind: 'ready',
  secretsManagerUrl: `https://127.0.0.1:${ports.secretsManager}`,
  blinkUrl: `https://127.0.0.1:${ports.blink}`,
});
