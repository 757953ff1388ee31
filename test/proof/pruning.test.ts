import { expect, test } from 'vitest';
import { type Choose, explore } from './exhaustive/explore.ts';
import { interleave, type Setting } from './exhaustive/interleave.ts';
import { isLong } from './figures.ts';
import { told } from './models/world.ts';
import { expectPromisesKept } from './races/properties.ts';
import type { Race } from './races/race.ts';

const TWO_RUNS: Setting = {
  runs: 2,
  signsIn: false,
  reusePolicy: 'revoke_family',
  logoutEndsTokens: true,
};

/** Small enough to be played without pruning. */
const SETTINGS: readonly (Partial<Setting> & { readonly name: string })[] = [
  {
    name: 'one run, whose claim gets no answer, and a sign-in',
    runs: 1,
    signsIn: true,
    faultAt: { call: 2, fault: 'answer lost' },
  },
  { name: 'two runs, of which one dies before its claim', faultAt: { call: 2, fault: 'dies, request lost' } },
  { name: 'two runs, and a stale journal', faultAt: { call: 1, fault: 'stale by 2' } },
  {
    name: 'two runs after a late claim',
    earlierFaultAt: { call: 2, fault: 'late' },
  },
];

/** Gives each state a name of its own, so that nothing is pruned. */
function withoutPruning(choose: Choose): Choose {
  let path = '';
  return (choices) => {
    const choice = choose(choices, () => path);
    path += `${choice} `;
    return choice;
  };
}

/** All that can be seen at the end. Which of two equal runs came to which end does not count. */
async function seenAtEnd(race: Race): Promise<string> {
  const { secret, blink } = race.world;
  const seen = {
    runs: race.runs.map(({ end }) => told(end)).toSorted(),
    labels: secret.versions().flatMap(({ labels }) => labels.toSorted()),
    texts: secret.currentTexts(),
    spends: blink.spends.map(({ token, issued }) => [token, issued]),
    logouts: blink.logouts.length,
    figures: await expectPromisesKept(race),
  };
  return JSON.stringify(seen);
}

test.runIf(isLong).each(SETTINGS)(
  'pruning hides no end of $name',
  { timeout: 10 * 60_000 },
  async ({ name: _, ...rest }) => {
    const setting = { ...TWO_RUNS, ...rest };
    const endsOf = async (prune: (choose: Choose) => Choose) => {
      const ends = new Set<string>();
      const explored = await explore(async (choose) => {
        const { end } = await interleave(setting, prune(choose));
        if (end === undefined) return 'counts not';
        ends.add(await seenAtEnd(end.race));
        return 'counts';
      });
      return { ...explored, ends: [...ends].toSorted() };
    };
    const all = await endsOf(withoutPruning);
    const pruned = await endsOf((choose) => choose);
    expect(all.schedules).toBeGreaterThanOrEqual(all.interleavings);
    expect(pruned.interleavings).toBe(all.interleavings);
    expect(pruned.ends).toEqual(all.ends);
  },
);
