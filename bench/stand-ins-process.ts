import * as v from 'valibot';
import { startBlink } from '../lib/local/blink/start-blink.ts';
import { signIn } from '../lib/local/local-session.ts';
import { startSecretsManager } from '../lib/local/secrets-manager/start-secrets-manager.ts';
import { type StandInsAnswer, standInsQuestionSchema, WEBHOOK_KEY } from './stand-ins-protocol.ts';

/** Secrets Manager and Blink over TLS, in a process of their own: what they cost is not counted as the function's. */

const ACCOUNT = { email: 'a@example.com', password: 'p', tier: 'e008', accountId: 123_456, userId: 1 };

const tls = { key: process.env['TLS_KEY'] ?? '', cert: process.env['TLS_CERT'] ?? '' };
const secretsManager = await startSecretsManager({ tls });
const blink = await startBlink({ tls, accounts: [ACCOUNT] });
secretsManager.secrets.create('blink-logout-webhook-key', WEBHOOK_KEY);

let clients = 1_000_000;
let callsBefore = { secretsManager: 0, blink: 0 };

/** Sessions as after a sign-in: nothing of earlier runs is left. */
function signInAnew(names: readonly string[]): void {
  for (const name of names) {
    const secretName = `blink-logout/${name}`;
    if (secretsManager.secrets.all().some((secret) => secret.name === secretName)) {
      secretsManager.secrets.deleteWithoutRecovery(secretName);
    }
    clients += 1;
    signIn(
      { secretsManager, blink },
      { name, form: 'blinkpy', accountId: ACCOUNT.accountId, clientId: clients },
    );
  }
  callsBefore = { secretsManager: secretsManager.calls.length, blink: blink.calls.length };
}

function callsSince(sinceMs: number): { readonly secretsManager: number; readonly blink: number } {
  const since = ({ atMs }: { readonly atMs: number }) => atMs >= sinceMs;
  return {
    secretsManager: secretsManager.calls.slice(callsBefore.secretsManager).filter(since).length,
    blink: blink.calls.slice(callsBefore.blink).filter(since).length,
  };
}

function answer(message: unknown): StandInsAnswer {
  const question = v.parse(standInsQuestionSchema, message);
  switch (question.ask) {
    case 'sign in':
      signInAnew(question.sessions);
      return { kind: 'done' };
    case 'refresh token':
      signInAnew(['default']);
      return { kind: 'token', token: tokenOf('default'), clientId: clients, accountId: ACCOUNT.accountId };
    case 'calls':
      return { kind: 'calls', ...callsSince(question.sinceMs) };
  }
}

const storedSchema = v.pipe(v.string(), v.parseJson(), v.object({ refresh_token: v.string() }));

function tokenOf(session: string): string {
  const [version] = secretsManager.secrets.versions(`blink-logout/${session}`);
  return v.parse(storedSchema, version?.text).refresh_token;
}

process.on('message', (message) => process.send?.(answer(message)));
process.on('disconnect', () => process.exit());
process.send?.({ kind: 'ready', secretsManagerUrl: secretsManager.url, blinkUrl: blink.url });
