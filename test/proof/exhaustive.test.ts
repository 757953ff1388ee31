import { afterAll, describe, expect, test } from 'vitest';
import { explore } from './exhaustive/explore.ts';
import { interleave, type Setting } from './exhaustive/interleave.ts';
import { FAULTS, type Fault } from './exhaustive/ordered-channel.ts';
import { figures, isLong } from './figures.ts';
import { expectPromisesKept, NEVER } from './races/properties.ts';

/** For one setting. Most take a few seconds; three runs take as much of this as they need. */
const LIMIT_MS = 10 * 60_000;

const total = { schedules: 0, interleavings: 0, ends: 0, settings: 0, settingsCutShort: 0, ...NEVER };

/**
 * Plays every order of a setting's requests, or only the order in which they are sent.
 * @returns whether the run with the fault came to that call in any order
 */
async function play(setting: Setting, orders: 'every' | 'one'): Promise<boolean> {
  const judged = new Set<string>();
  const startedAtMs = performance.now();
  let reachesFault = false;
  const { schedules, interleavings, isCutShort } = await explore(
    async (choose) => {
      const played = await interleave(setting, orders === 'every' ? choose : () => 0);
      reachesFault ||= played.reachesFault;
      if (played.end === undefined) return 'counts not';
      const { race, state } = played.end;
      if (judged.has(state)) return 'counts';
      judged.add(state);
      const seen = await expectPromisesKept(race);
      total.doubleSpends += seen.doubleSpends;
      total.silentLosses += seen.silentLosses;
      total.stuckSessions += seen.stuckSessions;
      expect(seen, state).toMatchObject(NEVER);
      return 'counts';
    },
    () => performance.now() - startedAtMs > LIMIT_MS,
  );
  total.schedules += schedules;
  total.interleavings += interleavings;
  total.ends += judged.size;
  total.settings += 1;
  total.settingsCutShort += Number(isCutShort);
  if (isCutShort) console.log(`cut short: ${JSON.stringify(setting)}`);
  return reachesFault;
}

const REVOKES = { reusePolicy: 'revoke_family', logoutEndsTokens: true } as const;
const REFUSES = { reusePolicy: 'refuse', logoutEndsTokens: false } as const;
const ACCEPTS = { reusePolicy: 'accept_for_a_while', logoutEndsTokens: true } as const;
const BLINKS = isLong ? [REVOKES, REFUSES, ACCEPTS] : [REVOKES];
const TWO_RUNS = { runs: 2, signsIn: false };
const SLOW = { timeout: 3 * 60 * 60_000 };

describe.each(BLINKS)('if Blink’s policy on a token used again is $reusePolicy:', (blink) => {
  const orders = isLong ? 'every' : 'one';
  const order = isLong ? 'every order' : 'one order';

  test('two runs, in every order of their requests', SLOW, async () => {
    await play({ ...TWO_RUNS, ...blink }, 'every');
  });

  test('one run and a sign-in, in every order', async () => {
    await play({ ...TWO_RUNS, ...blink, runs: 1, signsIn: true }, 'every');
  });

  test(`two runs and a sign-in, in ${order}`, SLOW, async () => {
    await play({ ...TWO_RUNS, ...blink, signsIn: true }, orders);
  });

  test(`three runs, in ${order}`, SLOW, async () => {
    await play({ ...TWO_RUNS, ...blink, runs: 3 }, orders);
  });

  describe.each([
    { when: 'two runs at once', faultOfFirst: 'faultAt' },
    { when: 'one run, and two others after its claim', faultOfFirst: 'earlierFaultAt' },
  ])('$when:', ({ faultOfFirst }) => {
    test.each(FAULTS)(`at each request of the first run: %s; in ${order}`, SLOW, async (fault) => {
      for (let call = 0; await play({ ...TWO_RUNS, ...blink, [faultOfFirst]: { call, fault } }, orders); )
        call += 1;
    });
  });
});

test(
  'a run that follows one which gave its request up, and a request that arrives late, in every order',
  SLOW,
  async () => {
    const setting = { ...TWO_RUNS, ...REVOKES, follows: true };
    for (let call = 0; await play({ ...setting, faultAt: { call, fault: 'late' } }, 'every'); ) call += 1;
  },
);

test('a run after an earlier death, and a sign-in, in every order', SLOW, async () => {
  for (let call = 2; call < 8; call++) {
    const earlierFaultAt = { call, fault: 'dies, request arrives' } as const;
    await play({ ...TWO_RUNS, ...REVOKES, runs: 1, signsIn: true, earlierFaultAt }, 'every');
  }
});

describe('two runs after an earlier death, one of which reads an old text, an old journal, or both', () => {
  const staleReads = [1, 2, 3, 4].flatMap((changes) => [
    { call: 0, fault: `stale by ${changes}` as Fault },
    { call: 1, fault: `stale by ${changes}` as Fault },
    { call: 0, fault: `both stale by ${changes}` as Fault },
  ]);
  test.each(['dies, request lost', 'dies, request arrives'] as const)('%s', SLOW, async (fault) => {
    for (let call = 2; call < 8; call++) {
      for (const faultAt of staleReads) {
        const setting = { ...TWO_RUNS, ...REVOKES, earlierFaultAt: { call, fault }, faultAt };
        await play(setting, isLong ? 'every' : 'one');
      }
    }
  });
});

afterAll(() => figures('exhaustive', total));
