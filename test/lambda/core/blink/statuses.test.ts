import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import type { Blink } from '../../../../lambda/core/blink/blink.ts';
import { blinkAt } from './blink-under-test.ts';
import { type Answer, answer, cutOff, HTML, scriptedServer } from './scripted-server.ts';

const ACCOUNT = { tier: 'e008', accountId: 123456 };

/** Each call resolves with its failure. What only one of them does is in its own tests. */
const CALLS = {
  refresh: async (blink: Blink) => {
    const request = { refreshToken: 'old', oauthClients: ['ios', 'android'] } as const;
    const result = await blink.refresh(request, { remainingMs: () => 60_000 });
    expect(result).toMatchObject({ kind: 'failed', token: 'unspent', tries: 1 });
    return result.kind === 'failed' ? result.failure : result;
  },
  'account lookup': (blink: Blink) => failureOf(blink.findAccount('access')),
  'client lookup': (blink: Blink) => failureOf(blink.findClientId('access', ACCOUNT)),
  logout: (blink: Blink) => failureOf(blink.logOut('access', ACCOUNT, '77')),
};
type Call = keyof typeof CALLS;

function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.catch((error: unknown) => error);
}

const tooMany = (retryAfter: string) => answer(429, '', { 'Retry-After': retryAfter });

const ROWS: readonly [what: string, Answer, code: string, details: object, elsewhere?: Call][] = [
  ['400 with HTML', answer(400, HTML), 'blink_rejected', { blinkStatus: 400 }],
  ['a code that is no integer', answer(403, { code: 'canary' }), 'blink_rejected', { blinkStatus: 403 }],
  ['403', answer(403, { code: 5 }), 'blink_rejected', { blinkStatus: 403, blinkCode: 5 }],
  ['404', answer(404), 'blink_rejected', { blinkStatus: 404 }, 'logout'],
  ['406', answer(406, 'canary'), 'blink_rejected', { blinkStatus: 406 }, 'account lookup'],
  ['a 406 that is cut off', cutOff(406), 'blink_rejected', { blinkStatus: 406 }, 'account lookup'],
  [
    '406 with Retry-After',
    answer(406, '', { 'Retry-After': '7200' }),
    'blink_rejected',
    { blinkStatus: 406, retryAfterSeconds: 7200 },
    'account lookup',
  ],
  ['418', answer(418), 'blink_rejected', { blinkStatus: 418 }],
  ['426', answer(426, { message: 'canary' }), 'blink_rejected', { blinkStatus: 426 }],
  [
    'a redirect',
    answer(302, '', { Location: 'https://canary.example/' }),
    'blink_rejected',
    { blinkStatus: 302 },
  ],
  ['429', answer(429), 'rate_limited', { blinkStatus: 429 }],
  ['429 with a long wait', tooMany('7200'), 'rate_limited', { blinkStatus: 429, retryAfterSeconds: 7200 }],
  ['429 with no wait', tooMany('0'), 'rate_limited', { blinkStatus: 429 }],
  [
    '429 with more than a day',
    tooMany('86401'),
    'rate_limited',
    { blinkStatus: 429, retryAfterSeconds: 86_400 },
  ],
  [
    '429 with 30 digits',
    tooMany('9'.repeat(30)),
    'rate_limited',
    { blinkStatus: 429, retryAfterSeconds: 86_400 },
  ],
  ['429 with a date', tooMany('Wed, 21 Oct 2026 07:28:00 GMT'), 'rate_limited', { blinkStatus: 429 }],
];

const CASES = ROWS.flatMap(([what, fault, code, details, elsewhere]) =>
  (Object.keys(CALLS) as Call[])
    .filter((call) => call !== elsewhere)
    .map((call) => [what, call, fault, code, details] as const),
);

test.each(CASES)(
  '%s ends the %s: it is sent once, and not again for ten minutes',
  async (_, call, fault, code, details) => {
    const server = await scriptedServer(fault);
    const failure = await CALLS[call](blinkAt(server).blink);
    expect(failure).toMatchObject({ code, retryable: false });
    expect(failure).toHaveProperty('details', { retryAfterSeconds: 600, ...details });
    expect(inspect(failure)).not.toContain('canary');
    expect(server.requests).toHaveLength(1);
  },
);
