import * as v from 'valibot';
import { expect, test } from 'vitest';
import { blinkOverHttps } from '../../../lambda/core/blink/blink-over-https.ts';
import type { HttpExchange } from '../../../lambda/core/blink/http-exchange.ts';
import { type FleetCall, fleetAnswerSchema } from '../../../lambda/core/fleet-call.ts';
import { realTiming } from '../../../lambda/core/time.ts';
import { run } from '../../../lambda/logout/run.ts';
import { inProcessStore } from '../in-process-store.ts';

const GOOD =
  '{"refresh_token":"r1","host":"e008.immedia-semi.com","account_id":7,"client_id":"42","oauthClientId":"ios"}';

const blink =
  (status: number, headers: Record<string, string> = {}): HttpExchange =>
  async ({ url }) => ({
    status,
    headers,
    text: url.pathname.endsWith('/token')
      ? '{"access_token":"a","refresh_token":"r2"}'
      : '{"message":"logout"}',
  });

/** The answer as the fleet reads it: it came through JSON. */
async function answerTo(session: string, text: string, exchange: HttpExchange) {
  const call: FleetCall = { fleet: { session } };
  const timing = { ...realTiming, wait: async () => {}, random: () => 0 };
  const answer = await run(
    {
      store: inProcessStore('garden', text),
      blink: blinkOverHttps({ userAgent: 'Blink', exchange, timing }),
      callers: 'iam',
      timing: { ...timing, wait: async (ms) => (ms > 5_000 ? new Promise<void>(() => {}) : undefined) },
      sessionMetrics: false,
      metricsNamespace: 'blink-logout',
      log: () => {},
    },
    call,
    { requestId: 'r', coldStart: false, runEnds: { remainingMs: () => 60_000 } },
  );
  return v.parse(fleetAnswerSchema, JSON.parse(JSON.stringify(answer)));
}

test.each([
  ['a logout', 'garden', GOOD, blink(200), { outcome: 'logged_out' }],
  ['an unknown session', 'attic', GOOD, blink(200), { code: 'session_unknown', retryable: false }],
  ['a malformed secret', 'garden', 'x', blink(200), { code: 'session_invalid', retryable: false }],
  ['a refusal', 'garden', GOOD, blink(401), { code: 'reauthentication_required', retryable: false }],
  [
    'Blink’s 429',
    'garden',
    GOOD,
    blink(429, { 'retry-after': '700' }),
    { code: 'rate_limited', retryable: false, retryAfterSeconds: 700 },
  ],
])(
  'the fleet hears of %s as a value, and the run does not throw',
  async (_, session, text, exchange, answer) => {
    expect(await answerTo(session, text, exchange)).toEqual(answer);
  },
);
