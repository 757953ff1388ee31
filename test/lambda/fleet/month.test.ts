import { LocalDurableTestRunner } from '@aws/durable-execution-sdk-js-testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Condition, type Ended, World } from './world.ts';

beforeAll(() => LocalDurableTestRunner.setupTestEnvironment({ skipTime: true }));
afterAll(() => LocalDurableTestRunner.teardownTestEnvironment());

const HOUR_MS = 3_600_000;
const names = Array.from({ length: 300 }, (_, index) => `tenant-${String(index).padStart(3, '0')}`);

interface Day {
  readonly day: number;
  readonly what: string;
  /** Changes the world before the schedule's time. */
  readonly before?: (world: World, set: (count: number, condition: Condition) => void) => void;
  /** Instead of one delivery of the schedule's event. */
  readonly runs?: (world: World, at: string) => Promise<Ended | undefined>;
  /** The subjects of the e-mails of that day. */
  readonly mails: readonly string[];
  readonly result: object;
}

const all = { tried: 300, loggedOut: 300, signedOut: [], failed: {}, notTried: [], skipped: [] };

/** A person repairs between the days what the e-mails asked for. */
const MONTH: readonly Day[] = [
  {
    day: 4,
    what: 'earlier logouts have ended the tokens of 7 sessions',
    before: (_, set) => set(7, 'signed_out'),
    mails: [],
    result: { ...all, loggedOut: 293, signedOut: names.slice(0, 7) },
  },
  {
    day: 7,
    what: '3 secrets are broken, 2 tokens are refused, and one new token cannot be stored',
    before: ({ sessions }) => {
      for (const name of names.slice(10, 13)) sessions.set(name, 'session_invalid');
      for (const name of names.slice(20, 22)) sessions.set(name, 'reauthentication_required');
      sessions.set('tenant-030', 'save_failed');
    },
    mails: ['blink-logout: 6 sessions not logged out'],
    result: {
      ...all,
      loggedOut: 294,
      failed: {
        session_invalid: names.slice(10, 13),
        reauthentication_required: names.slice(20, 22),
        save_failed: ['tenant-030'],
      },
    },
  },
  {
    day: 10,
    what: 'Blink answers 503 twice for 30 sessions',
    before: (_, set) => set(30, { code: 'blink_unavailable', times: 2 }),
    mails: [],
    result: all,
  },
  {
    day: 13,
    what: 'Blink is down for an hour',
    before: (world) => {
      world.outage = { fromMs: world.nowMs, toMs: world.nowMs + HOUR_MS };
    },
    mails: ['blink-logout: Blink does not answer'],
    result: all,
  },
  {
    day: 16,
    what: 'the schedule’s event is delivered twice, and another tool’s secrets lie under the prefix',
    before: ({ foreign }) => foreign.add('eu/garden').add('Backup'),
    runs: async (world, at) => {
      const first = await world.deliver('all', at);
      expect(await world.deliver('all', at)).toBeUndefined();
      return first;
    },
    mails: [],
    result: { ...all, skipped: ['Backup', 'eu/garden'] },
  },
  {
    day: 19,
    what: 'a person started one, too, and ended the command with Ctrl-C: its sessions are busy',
    before: ({ sessions, foreign }) => {
      foreign.clear();
      for (const name of names.slice(40, 60)) sessions.set(name, 'session_busy');
    },
    runs: async (world, at) => {
      const secondPassMs = world.nowMs + 2 * 60_000;
      world.onCall = (session) => {
        if (world.nowMs >= secondPassMs) world.sessions.set(session, 'ready');
      };
      return world.deliver('all', at);
    },
    mails: [],
    result: all,
  },
  {
    day: 22,
    what: 'Blink is down for three hours',
    before: (world) => {
      world.outage = { fromMs: world.nowMs, toMs: world.nowMs + 3 * HOUR_MS };
    },
    mails: ['blink-logout: Blink does not answer', 'blink-logout: 300 sessions not logged out'],
    result: { loggedOut: 0 },
  },
  {
    day: 23,
    what: 'a person logs out what was left',
    runs: (world) => world.command('failed'),
    mails: [],
    result: all,
  },
  {
    day: 31,
    what: 'all is well again',
    mails: [],
    result: all,
  },
];

test('in a month with 300 sessions, there is an e-mail on each day on which a person should act, and on no other', async () => {
  const world = new World();
  for (const { day, before, runs, mails, result } of MONTH) {
    world.nowMs = day * 24 * HOUR_MS;
    world.onCall = () => {};
    for (const name of names) world.sessions.set(name, 'ready');
    before?.(world, (count, condition) => {
      for (const name of names.slice(0, count)) world.sessions.set(name, condition);
    });
    const at = `2026-01-${String(day).padStart(2, '0')}T02:00:00Z`;
    world.mails.length = 0;
    world.calls.length = 0;
    const ended = await (runs ?? ((w, time) => w.deliver('all', time)))(world, at);
    expect({ day, mails: world.mails.map(({ subject }) => subject) }).toEqual({ day, mails });
    expect(ended?.result, `day ${day}`).toMatchObject(result);
  }
}, 60_000);
