import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { figures, isLong } from './figures.ts';
import { plans } from './races/plan.ts';
import { expectPromisesKept, NEVER } from './races/properties.ts';
import { race } from './races/race.ts';

const SEED = isLong ? Number(process.env['PROOF_SEED']) || Date.now() % 2 ** 31 : 20_260_101;
const SCHEDULES = isLong ? 10_000 : 150;

const total = { schedules: 0, kills: 0, tokensLost: 0, tokensTriedAgain: 0, ...NEVER };

test(
  'promises 1, 3, 4, 5 and 7: no order of calls, deaths, lost answers, old reads and sign-ins breaks them',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), plans, async (scheduler, plan) => {
        const seen = await expectPromisesKept(await race(scheduler, plan));
        total.schedules += 1;
        total.kills += seen.kills;
        total.tokensLost += seen.tokensLost;
        total.doubleSpends += seen.doubleSpends;
        total.silentLosses += seen.silentLosses;
        total.stuckSessions += seen.stuckSessions;
        total.tokensTriedAgain += seen.tokensTriedAgain;
        expect(seen).toMatchObject(NEVER);
      }),
      { seed: SEED, numRuns: SCHEDULES },
    );
    expect(total.kills).toBeGreaterThan(SCHEDULES / 4);
    expect(total.tokensLost).toBeGreaterThan(0);
  },
  30 * 60_000,
);

afterAll(() => figures('races', { seed: SEED, ...total }));
