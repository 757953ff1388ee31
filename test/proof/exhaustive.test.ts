import { afterAll, describe, expect, test } from 'vitest';
import { explore } from './exhaustive/explore.ts';
import { interleave, type Setting } from './exhaustive/interleave.ts';
import { FAULTS } from './exhaustive/ordered-channel.ts';
import { figures, isLong } from './figures.ts';
import { told } from './models/world.ts';
import { expectPromisesKept, NEVER } from './races/properties.ts';

/** More requests than a run makes, with the repetitions after one fault. */
const PLACES = 14;
/** For one setting: what is not played by then is counted as cut short. */
const FAULT_LIMIT_MS = 10_000;
const THREE_RUNS_LIMIT_MS = 10 * 60_000;

const total = { schedules: 0, interleavings: 0, ends: 0, settings: 0, settingsCutShort: 0, ...NEVER };

/** Every order, or the first one: the earliest request first. */
async function play(setting: Setting, orders: 'every' | 'first', limitMs: number): Promise<void> {
  const judged = new Set<string>();
  const startedAtMs = performance.now();
  const { schedules, interleavings, isCutShort } = await explore(
    async (choose) => {
      const played = await interleave(setting, orders === 'every' ? choose : () => 0);
      if (played === undefined) return 'counts not';
      const { race, changes } = played;
      // What follows depends on the changes and on the order in which they came.
      const end = JSON.stringify([changes, race.runs.map((run) => told(run.end))]);
      if (judged.has(end)) return 'counts';
      judged.add(end);
      const seen = await expectPromisesKept(race);
      total.doubleSpends += seen.doubleSpends;
      total.silentLosses += seen.silentLosses;
      total.stuckSessions += seen.stuckSessions;
      expect(seen, end).toMatchObject(NEVER);
      return 'counts';
    },
    () => performance.now() - startedAtMs > limitMs,
  );
  total.schedules += schedules;
  total.interleavings += interleavings;
  total.ends += judged.size;
  total.settings += 1;
  total.settingsCutShort += isCutShort ? 1 : 0;
}

const REVOKES = { reusePolicy: 'revoke_family', logoutEndsTokens: true } as const;
const REFUSES = { reusePolicy: 'refuse', logoutEndsTokens: false } as const;
const BLINKS = isLong ? [REVOKES, REFUSES] : [REVOKES];
const TWO_RUNS = { runs: 2, afterwards: false, signsIn: false };

describe.each(BLINKS)('where Blink’s policy on a token used again is $reusePolicy:', (blink) => {
  const orders = isLong ? 'every' : 'first';

  test('two runs, in every order of their requests', { timeout: 10 * 60_000 }, async () => {
    await play({ ...TWO_RUNS, ...blink }, 'every', FAULT_LIMIT_MS);
  });

  test('one run and a sign-in, in every order', async () => {
    await play({ ...TWO_RUNS, ...blink, runs: 1, signsIn: true }, 'every', FAULT_LIMIT_MS);
  });

  test(`two runs and a sign-in, in ${orders} order`, { timeout: 10 * 60_000 }, async () => {
    await play({ ...TWO_RUNS, ...blink, signsIn: true }, orders, FAULT_LIMIT_MS);
  });

  test.each(FAULTS)(
    `two runs, and at each request of one: %s; in ${orders} order`,
    {
      timeout: 60 * 60_000,
    },
    async (fault) => {
      for (let call = 0; call < PLACES; call++) {
        const setting = { ...TWO_RUNS, ...blink, faultAt: { call, fault } };
        await play(setting, orders, FAULT_LIMIT_MS);
        // The two come after the claim of the run with the fault.
        await play({ ...setting, afterwards: true }, orders, FAULT_LIMIT_MS);
      }
    },
  );
});

test.runIf(isLong)(
  'three runs, in as many orders as ten minutes allow',
  { timeout: 60 * 60_000 },
  async () => {
    await play({ ...TWO_RUNS, ...REVOKES, runs: 3 }, 'every', THREE_RUNS_LIMIT_MS);
  },
);

afterAll(() => figures('exhaustive', total));
