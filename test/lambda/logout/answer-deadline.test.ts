import { beforeEach, expect, test, vi } from 'vitest';
import { blinkOverHttps } from '../../../lambda/core/blink/blink-over-https.ts';
import { realTiming } from '../../../lambda/core/time.ts';
import { run } from '../../../lambda/logout/run.ts';
import { inProcessStore } from '../in-process-store.ts';

const SESSION = { refresh_token: 't', host: 'e008.immedia-semi.com', account_id: 7, client_id: 8 };

const WEBHOOK = {
  version: '2.0',
  routeKey: 'POST /logout',
  rawPath: '/logout',
  requestContext: {
    authorizer: { iam: { userArn: 'arn:aws:iam::123456789012:user/home' } },
    http: { method: 'POST' },
  },
};
const SCHEDULE = { source: 'aws.events', 'detail-type': 'Scheduled Event' };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});

/** Runs the event with 60 s until the function's timeout and a claim that takes this long. Returns the requests to Blink. */
async function requestsAfterClaimOf(claimMs: number, event: unknown) {
  const store = inProcessStore('default', JSON.stringify(SESSION));
  const requests: string[] = [];
  const wiring = {
    store: {
      ...store,
      putVersion(...[name, version]: Parameters<typeof store.putVersion>) {
        if (version.labels.includes('BLINK_LOGOUT')) vi.advanceTimersByTime(claimMs);
        return store.putVersion(name, version);
      },
    },
    blink: blinkOverHttps({
      userAgent: 'Blink',
      exchange: async ({ url }) => {
        requests.push(url.pathname);
        return { status: 200, headers: {}, text: '{"access_token":"a","refresh_token":"r"}' };
      },
    }),
    callers: 'iam' as const,
    timing: {
      ...realTiming,
      wait: (ms: number) => new Promise<void>((resolve) => ms === 0 && resolve()),
      random: () => 0,
    },
    metricsNamespace: 'blink-logout',
    sessionMetrics: false,
    log: () => undefined,
  };
  const startedAtMs = performance.now();
  const runEnds = { remainingMs: () => startedAtMs + 60_000 - performance.now() };
  await run(wiring, event, { requestId: 'request', coldStart: false, runEnds }).catch(() => undefined);
  return requests;
}

test.each([
  ['webhook', WEBHOOK],
  ['scheduled run', SCHEDULE],
])('a %s refreshes only if it can also save before the function times out', async (_trigger, event) => {
  const latestMs = 60_000 - 18_000;
  expect(await requestsAfterClaimOf(latestMs, event)).toEqual([
    '/oauth/token',
    '/api/v4/account/7/client/8/logout',
  ]);
  expect(await requestsAfterClaimOf(latestMs + 1, event)).toEqual([]);
});
