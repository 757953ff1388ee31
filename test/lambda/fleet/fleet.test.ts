import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { FAILURES, type FailureCode } from '../../../lambda/core/failure-codes.ts';
import type { FleetAnswer } from '../../../lambda/core/fleet-call.ts';
import { type FleetResult, leftOver } from '../../../lambda/core/fleet-result.ts';
import { blinkIs } from '../../../lambda/fleet/log-out-session.ts';
import { type Condition, type Ended, World } from './world.ts';

/** `npm run proof` runs more. */
const MANY = process.env['PROOF'] === 'long' ? 10_000 : 1_200;

let world: World;

beforeEach(() => {
  world = new World();
});

function given(sessions: Readonly<Record<string, Condition>>): void {
  for (const [name, condition] of Object.entries(sessions)) world.sessions.set(name, condition);
}

function many(count: number, condition: Condition = 'ready'): void {
  for (let index = 0; index < count; index += 1) world.sessions.set(`s${1e5 + index}`, condition);
}

const minutesOf = (session: string) =>
  world.calls.filter((call) => call.session === session).map(({ atMinutes }) => Math.floor(atMinutes));

test(`${MANY} sessions are logged out by child executions that stay far below 3,000 operations`, async () => {
  world.maxConcurrency = 500;
  many(MANY);
  const { result, operations } = await world.command('all');
  expect(result).toMatchObject({ tried: MANY, loggedOut: MANY, failed: {}, notTried: [] });
  // The execution, the map, and two for each session.
  expect(Math.max(...operations)).toBe(1 + 1 + 2 * 500);
  expect(operations.at(-1)).toBe(1 + Math.ceil(MANY / 500) + Math.ceil(MANY / 100) + 3);
});

test('names and patterns select sessions, and a pattern without a session is a failure', async () => {
  given({ garden: 'ready', 'tenant-1': 'ready', 'tenant-2': 'ready', 'a-tenant-3': 'ready' });
  const { result } = await world.command(['tenant-*', 'garden', 'attic-*', 'shed']);
  expect(new Set(world.calls.map(({ session }) => session))).toEqual(
    new Set(['garden', 'shed', 'tenant-1', 'tenant-2']),
  );
  expect(result).toMatchObject({ loggedOut: 3, failed: { session_unknown: ['shed', 'attic-*'] } });
});

test('the passes, after 2 and 12 minutes, repeat what may pass and nothing else', async () => {
  const cases: readonly (readonly [string, Condition, readonly number[]])[] = [
    ['ready', 'ready', [0]],
    ['signed-out', 'signed_out', [0]],
    ['unavailable-once', { code: 'blink_unavailable', times: 1 }, [0, 2]],
    ['unavailable-for-ever', 'blink_unavailable', [0, 2, 12]],
    ['no-answer-in-time', 'blink_timeout', [0, 2, 12]],
    ['busy', 'session_busy', [0, 2, 12]],
    ['secrets-manager-unreachable', 'secrets_unavailable', [0, 2, 12]],
    ['wait-of-five-minutes', { code: 'cooling_down', retryAfterSeconds: 300, times: 1 }, [0, 12]],
    ['wait-of-an-hour', { code: 'cooling_down', retryAfterSeconds: 3600, times: 1 }, [0]],
    // Blink locks accounts.
    ['rate-limited', { code: 'rate_limited', retryAfterSeconds: 60, times: 1 }, [0]],
    ['refused', 'reauthentication_required', [0]],
    ['malformed', 'session_invalid', [0]],
    ['lost', 'save_failed', [0]],
    ['full', 'secret_full', [0]],
    ['without-an-answer', 'crashes', [0, 2, 12]],
  ];
  given(Object.fromEntries(cases));
  const { result } = await world.command('all');
  for (const [name, , minutes] of cases) expect([name, minutesOf(name)]).toEqual([name, minutes]);
  expect(result).toMatchObject({
    loggedOut: 3,
    signedOut: ['signed-out'],
    failed: { internal_error: ['without-an-answer'], blink_timeout: ['no-answer-in-time'] },
  });
});

interface Night {
  /** The conditions that some of the 60 sessions have. */
  readonly some?: readonly (readonly [from: number, to: number, condition: Condition])[];
  readonly outageHours?: number;
  /** Instead of one delivery of the schedule's event. */
  readonly runs?: (deliver: () => Promise<Ended | undefined>) => Promise<Ended | undefined>;
  /** The subjects of the e-mails. */
  readonly mails: readonly string[];
  readonly result: Partial<FleetResult>;
}

const OUTAGE = 'blink-logout: Blink does not answer';
const ALL = {
  tried: 60,
  loggedOut: 60,
  signedOut: [],
  failed: {},
  notTried: [],
  skipped: ['Backup', 'eu/garden'],
};
const names = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `s${1e5 + from + index}`);

test.each<[what: string, night: Night]>([
  ['as usual', { mails: [], result: ALL }],
  [
    'earlier logouts have ended tokens',
    { some: [[0, 7, 'signed_out']], mails: [], result: { ...ALL, loggedOut: 53, signedOut: names(0, 7) } },
  ],
  [
    'secrets are broken, and a token is refused',
    {
      some: [
        [10, 13, 'session_invalid'],
        [20, 21, 'reauthentication_required'],
      ],
      mails: ['blink-logout: 4 sessions not logged out'],
      result: {
        ...ALL,
        loggedOut: 56,
        failed: { session_invalid: names(10, 13), reauthentication_required: names(20, 21) },
      },
    },
  ],
  [
    'Blink answers 503 twice here and there',
    {
      some: [5, 15, 25, 35].map((at) => [at, at + 1, { code: 'blink_unavailable', times: 2 }] as const),
      mails: [],
      result: ALL,
    },
  ],
  [
    'Blink answers 503 once for 40 sessions in a row, which stops it twice',
    { some: [[0, 40, { code: 'blink_unavailable', times: 1 }]], mails: [OUTAGE], result: ALL },
  ],
  ['Blink is down for almost an hour', { outageHours: 0.9, mails: [OUTAGE], result: ALL }],
  [
    'the schedule’s event is delivered twice',
    {
      async runs(deliver) {
        const first = await deliver();
        expect(await deliver()).toBeUndefined();
        return first;
      },
      mails: [],
      result: ALL,
    },
  ],
  [
    'another execution is busy with some, and each leaves the other’s alone',
    { some: [[0, 4, { code: 'session_busy', times: 1 }]], mails: [], result: ALL },
  ],
  [
    'Blink is down for three hours, and at noon a person logs out what was left',
    {
      outageHours: 3,
      async runs(deliver) {
        const first = await deliver();
        expect(first).toMatchObject({ result: { loggedOut: 0 } });
        expect(world.nowMs).toBeLessThan(1.1 * 3_600_000);
        world.nowMs += 10 * 3_600_000;
        return world.command(first === undefined ? [] : leftOver(first.result));
      },
      mails: [OUTAGE, 'blink-logout: 60 sessions not logged out'],
      result: { ...ALL, skipped: [] },
    },
  ],
])('there is an e-mail if a person should act, and no other: %s', async (_, night) => {
  const { some = [], outageHours = 0, runs = (deliver) => deliver(), mails, result } = night;
  many(60);
  for (const [from, to, condition] of some)
    for (const name of names(from, to)) world.sessions.set(name, condition);
  world.outage = { fromMs: 0, toMs: outageHours * 3_600_000 };
  world.foreign.add('eu/garden').add('Backup');
  const ended = await runs(() => world.deliver('all', '2026-01-01T02:00:00Z'));
  expect(world.mails.map(({ subject }) => subject)).toEqual(mails);
  expect(ended?.result).toMatchObject(result);
});

describe('if ten sessions in a row fail at Blink’s side', () => {
  beforeEach(() => {
    world.maxConcurrency = 4;
    many(40);
  });

  test('the pass stops, one session is tried every ten minutes, and the rest follow when Blink answers', async () => {
    world.outage = { fromMs: 0, toMs: 25 * 60_000 };
    const { result } = await world.command('all');
    const byMinute = Map.groupBy(world.calls, ({ atMinutes }) => Math.floor(atMinutes));
    const counts = [...byMinute].map(([minute, { length }]) => [minute, length] as const);
    // Three more were under way when the tenth failed. The trial that is answered is followed by the rest.
    expect(counts[0]?.[1]).toBeGreaterThanOrEqual(10);
    expect(counts[0]?.[1]).toBeLessThanOrEqual(13);
    expect(counts.slice(0, 4)).toEqual([counts[0], [10, 1], [20, 1], [30, 38 - (counts[0]?.[1] ?? 0)]]);
    expect(result).toMatchObject({ tried: 40, loggedOut: 40, notTried: [] });
  });

  test('a trial whose answer says nothing about Blink is followed by another session', async () => {
    world.outage = { fromMs: 0, toMs: 5 * 60_000 };
    for (const name of [...world.sessions.keys()].slice(-8)) world.sessions.set(name, 'session_invalid');
    const { result } = await world.command('all');
    expect(result).toMatchObject({ loggedOut: 32, notTried: [] });
    expect(world.calls.filter(({ atMinutes }) => atMinutes >= 20)).toHaveLength(0);
  });

  test('a later pass does not stop: only sessions that failed before are in it', async () => {
    for (const [index, name] of [...world.sessions.keys()].entries())
      if (index % 3 === 0) world.sessions.set(name, { code: 'blink_unavailable', times: 2 });
    expect(await world.command('all')).toMatchObject({ result: { loggedOut: 40 } });
    expect(world.mails).toEqual([]);
  });

  test('answers that say nothing about Blink do not interrupt the row', async () => {
    world.maxConcurrency = 1;
    world.outage = { fromMs: 0, toMs: 5 * 60_000 };
    for (const [index, name] of [...world.sessions.keys()].entries())
      if (index % 2 === 0) world.sessions.set(name, 'session_invalid');
    await world.command('all');
    expect(world.calls.filter(({ atMinutes }) => atMinutes < 2)).toHaveLength(20);
  });

  test('other failures do not stop it, nor do nine in a row', async () => {
    world.maxConcurrency = 1;
    for (const [index, name] of [...world.sessions.keys()].entries()) {
      if (index % 10 !== 9) world.sessions.set(name, index < 20 ? 'blink_timeout' : 'session_invalid');
    }
    await world.command('all');
    expect(world.calls.filter(({ atMinutes }) => atMinutes < 2)).toHaveLength(40);
  });
});

test.each<[FleetAnswer, string]>([
  [{ outcome: 'logged_out' }, 'up'],
  [{ outcome: 'already_logged_out' }, 'up'],
  [{ code: 'blink_rejected', retryable: false }, 'up'],
  [{ code: 'blink_timeout', retryable: true }, 'down'],
  [{ code: 'rate_limited', retryable: false }, 'down'],
  // Blink may not have been asked.
  [{ outcome: 'nothing_to_log_out' }, 'unknown'],
  [{ code: 'reauthentication_required', retryable: false }, 'unknown'],
  [{ code: 'session_invalid', retryable: false }, 'unknown'],
])('after %j, Blink is %s', (answer, is) => {
  expect(blinkIs(answer)).toBe(is);
});

test('whatever happens, each session is counted once and called at most three times, and at most two e-mails go out', async () => {
  const codes = fc.constantFrom(...(Object.keys(FAILURES) as FailureCode[]));
  const retryAfterSeconds = fc.constantFrom(1, 60, 300, 900);
  const condition = fc.oneof(
    fc.constantFrom<Condition>('ready', 'ready', 'signed_out', 'crashes'),
    codes,
    fc.record({ code: codes, times: fc.integer({ min: 1, max: 4 }), retryAfterSeconds }),
  );
  const conditions = fc.array(condition, { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(conditions, fc.integer({ min: 1, max: 20 }), fc.nat(90), async (all, atOnce, outage) => {
      world = new World();
      world.maxConcurrency = atOnce;
      world.outage = { fromMs: 0, toMs: outage * 60_000 };
      given(Object.fromEntries(all.map((each, index) => [`s${100 + index}`, each])));
      const { result } = await world.command('all');
      const left = [...Object.values(result.failed).flat(), ...result.notTried];
      const names = [...left, ...result.signedOut];
      expect(new Set(names).size).toBe(names.length);
      expect(result.loggedOut + names.length).toBe(all.length);
      for (const name of world.sessions.keys()) {
        const calls = minutesOf(name).length;
        expect(calls === 0).toBe(result.notTried.includes(name));
        expect(calls).toBeLessThanOrEqual(3);
      }
      const [outages, digests] = ['does not answer', 'not logged out'].map(
        (words) => world.mails.filter(({ subject }) => subject.includes(words)).length,
      );
      expect(digests).toBe(left.length > 0 ? 1 : 0);
      expect(outages).toBeLessThanOrEqual(1);
    }),
    { numRuns: 150, seed: 4 },
  );
});
