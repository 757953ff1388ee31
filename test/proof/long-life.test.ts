import { afterAll, expect, test } from 'vitest';
import { figures, isLong } from './figures.ts';
import type { BlinkModel } from './models/blink-model.ts';
import { runScripted } from './models/scripted-run.ts';
import { World } from './models/world.ts';

const HOUR_MS = 3_600_000;

/** The short form has more runs than the journal has events, and than a secret has room for versions. */
const LIVES = isLong
  ? [
      { schedule: 'a year of nights', everyMs: 24 * HOUR_MS, runs: 365 },
      { schedule: 'a month of hours', everyMs: HOUR_MS, runs: 720 },
    ]
  : [
      { schedule: 'two months of nights', everyMs: 24 * HOUR_MS, runs: 60 },
      { schedule: 'sixty hours', everyMs: HOUR_MS, runs: 60 },
    ];

interface BlinkOfALife {
  readonly blink: string;
  readonly is: Partial<BlinkModel>;
  /** The results of each run after the first. */
  readonly ends: readonly string[];
  /** Otherwise Blink is asked twice in all. */
  readonly isAskedByEachRun: boolean;
}
const SIGNED_OUT = ['already_logged_out', 'nothing_to_log_out'];
const REJECTED = { ends: ['blink_rejected'], isAskedByEachRun: true };
const BLINKS: readonly BlinkOfALife[] = [
  { blink: 'a logout ends the session', is: {}, ends: SIGNED_OUT, isAskedByEachRun: false },
  { blink: 'healthy', is: { logoutEndsTokens: false }, ends: ['logged_out'], isAskedByEachRun: true },
  { blink: 'each logout is answered with 403', is: { logoutStatus: 403 }, ...REJECTED },
  { blink: 'each refresh is answered with 403', is: { refreshStatus: 403 }, ...REJECTED },
];

const total = { runs: 0, doubleSpends: 0, stuckSessions: 0 };

const CASES = LIVES.flatMap((life) => BLINKS.map((blink) => ({ ...life, ...blink })));

test.each(CASES)('promise 13: $schedule, $blink: no run is busy, lost or in doubt', async (life) => {
  const world = new World();
  world.signIn();
  Object.assign(world.blink, life.is);
  let most = 0;
  for (let run = 0; run < life.runs; run++) {
    const { end, actions } = await runScripted(world);
    total.runs += 1;
    if (end === 'session_busy') total.stuckSessions += 1;
    if (run > 0) expect(life.ends, `run ${run}`).toContain(end);
    most = Math.max(most, actions.length);
    await world.time.advance(life.everyMs);
  }
  const { spends, rejections } = world.blink;
  expect(spends.length + rejections.length).toBeLessThanOrEqual(life.isAskedByEachRun ? life.runs : 2);
  const doubleSpends = spends.length - new Set(spends.map(({ token }) => token)).size;
  total.doubleSpends += doubleSpends;
  expect(doubleSpends).toBe(0);
  expect(most).toBeLessThanOrEqual(12);
  expect(world.secret.versions().length).toBeLessThanOrEqual(100);

  world.blink.refreshStatus = 200;
  world.blink.logoutStatus = 200;
  world.signIn();
  expect((await runScripted(world)).end).toBe('logged_out');
});

afterAll(() => figures('long life', total));
