import { expect, test } from 'vitest';
import { type Condition, type Ended, World } from './world.ts';

const HOUR_MS = 3_600_000;
const names = Array.from({ length: 300 }, (_, index) => `tenant-${String(index).padStart(3, '0')}`);

const everyTenth = names.filter((_, index) => index % 10 === 5);

interface Day {
  readonly day?: number;
  readonly what?: string;
  /** Changes the world before the schedule's time. */
  readonly before?: (world: World, set: (sessions: readonly string[], condition: Condition) => void) => void;
  /** Instead of one delivery of the schedule's event. */
  readonly runs?: (world: World, at: string) => Promise<Ended | undefined>;
  /** The subjects of the e-mails of that day. */
  readonly mails: readonly string[];
  readonly result: object;
}

const all = { tried: 300, loggedOut: 300, signedOut: [], failed: {}, notTried: [], skipped: [] };

const USUAL: Day = { mails: [], result: all };

/** The days that are not as usual. Between the days, a person repairs what the e-mails asked for. */
const MONTH: readonly Day[] = [
  {
    day: 4,
    what: 'earlier logouts have ended the tokens of 7 sessions',
    before: (_, set) => set(names.slice(0, 7), 'signed_out'),
    mails: [],
    result: { ...all, loggedOut: 293, signedOut: names.slice(0, 7) },
  },
  {
    day: 7,
    what: '3 secrets are broken, 2 tokens are refused, and one new token cannot be stored',
    before: (_, set) => {
      set(names.slice(10, 13), 'session_invalid');
      set(names.slice(20, 22), 'reauthentication_required');
      set(['tenant-030'], 'save_failed');
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
    what: 'Blink answers 503 twice for 30 sessions here and there',
    before: (_, set) => set(everyTenth, { code: 'blink_unavailable', times: 2 }),
    mails: [],
    result: all,
  },
  {
    day: 11,
    what: 'Blink answers 503 once for 60 sessions in a row, whose host is down',
    before: (_, set) => set(names.slice(0, 60), { code: 'blink_unavailable', times: 1 }),
    mails: ['blink-logout: Blink does not answer'],
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
    before: (_, set) => set(names.slice(40, 60), 'session_busy'),
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
    what: 'Blink is down for three hours, and at noon a person logs out what was left',
    before: (world) => {
      world.outage = { fromMs: world.nowMs, toMs: world.nowMs + 3 * HOUR_MS };
    },
    runs: async (world, at) => {
      expect(await world.deliver('all', at)).toMatchObject({ result: { loggedOut: 0 } });
      world.nowMs += 10 * HOUR_MS;
      return world.command('failed');
    },
    mails: ['blink-logout: Blink does not answer', 'blink-logout: 300 sessions not logged out'],
    result: all,
  },
];

test('in a month with 300 sessions, there is an e-mail on each day on which a person should act, and on no other', async () => {
  const world = new World();
  for (let day = 1; day <= 31; day += 1) {
    const { before, runs, mails, result } = MONTH.find((each) => each.day === day) ?? USUAL;
    world.nowMs = day * 24 * HOUR_MS;
    world.onCall = () => {};
    world.foreign.clear();
    const set = (sessions: readonly string[], condition: Condition) => {
      for (const name of sessions) world.sessions.set(name, condition);
    };
    set(names, 'ready');
    before?.(world, set);
    world.mails.length = 0;
    const at = `2026-01-${String(day).padStart(2, '0')}T02:00:00Z`;
    const ended = await (runs === undefined ? world.deliver('all', at) : runs(world, at));
    expect({ day, mails: world.mails.map(({ subject }) => subject) }).toEqual({ day, mails });
    expect(ended?.result, `day ${day}`).toMatchObject(result);
  }
});
