import { blinkOverHttps } from '../../../lambda/core/blink/blink-over-https.ts';
import type { HttpExchange } from '../../../lambda/core/blink/http-exchange.ts';
import { realTiming } from '../../../lambda/core/time.ts';
import type { SecretStore } from '../../../lambda/core/vault/secret-store.ts';
import { ownerKey, type WebhookKey } from '../../../lambda/core/webhook-keys.ts';
import { run, type Wiring } from '../../../lambda/logout/run.ts';
import { proofsOf } from '../../../lambda/logout/webhook/proof.ts';
import { inProcessStore } from '../in-process-store.ts';

export const KEY = 'k'.repeat(64);

const SESSION = { refresh_token: 'r', host: 'e008.immedia-semi.com', account_id: 7, client_id: 8 };

export const SCHEDULE = { source: 'aws.events', 'detail-type': 'Scheduled Event' };
export const WEBHOOK = {
  version: '2.0',
  routeKey: 'POST /logout',
  rawPath: '/logout',
  headers: { Authorization: `Bearer ${KEY}` },
  requestContext: { http: { method: 'POST' } },
};

/** A Blink that gives every request what it asks for. */
export const granted: HttpExchange = async () => ({
  status: 200,
  headers: { 'client-id': '42' },
  text: '{"access_token":"a","refresh_token":"r2","message":"logout","tier":"e008","account_id":7}',
});

export interface Surroundings {
  readonly store?: SecretStore;
  readonly exchange?: HttpExchange;
  readonly key?: WebhookKey;
  readonly callers?: Wiring['callers'];
  readonly remainingMs?: () => number;
}

export function storeOf(text = JSON.stringify(SESSION), more: Partial<SecretStore> = {}): SecretStore {
  return { ...inProcessStore('default', text), ...more };
}

/** Short pauses are over at once. A deadline never comes. */
const timing = {
  ...realTiming,
  random: () => 0,
  wait: (ms: number) => (ms > 5_000 ? new Promise<void>(() => {}) : Promise.resolve()),
};

/** Runs one event. Returns its end, and the one line in the log. */
export async function runOnce(
  event: unknown,
  {
    store = storeOf(),
    exchange = granted,
    key = ownerKey(KEY, undefined),
    callers = { recent: async () => proofsOf(key), renewed: async () => proofsOf(key) },
    remainingMs = () => 60_000,
  }: Surroundings = {},
) {
  const lines: string[] = [];
  const wiring: Wiring = {
    store,
    blink: blinkOverHttps({ userAgent: 'Blink', timing, exchange }),
    callers,
    timing,
    sessionMetrics: true,
    metricsNamespace: 'blink-logout',
    log: (line) => lines.push(line),
  };
  const invocation = { requestId: 'r-1', coldStart: false, runEnds: { remainingMs } };
  const end: { result: unknown; threw?: Error } = await run(wiring, event, invocation).then(
    (result) => ({ result }),
    (threw: Error) => ({ result: undefined, threw }),
  );
  const [line = '', another] = lines;
  if (another !== undefined) throw new Error('the run has written more than one line');
  const logged: Record<string, unknown> = JSON.parse(line);
  return { ...end, line, logged };
}
