import { afterAll, expect, test } from 'vitest';
import { figures, isLong } from './figures.ts';
import { runScripted } from './models/scripted-run.ts';
import { World } from './models/world.ts';

const HOUR_MS = 3_600_000;

/** The short form has more runs than the journal has events, and than a secret has room for versions. */
const LIVES = [
  {
    schedule: isLong ? 'a year of nights' : 'two months of nights',
    everyMs: 24 * HOUR_MS,
    runs: isLong ? 365 : 60,
  },
  {
    schedule: isLong ? 'a month of hours' : 'sixty hours',
    everyMs: HOUR_MS,
    runs: isLong ? 720 : 60,
  },
] as const;

/** Blink's behaviour, and the result of each run after the first. */
const BLINKS: readonly {
  readonly blink: string;
  readonly is: (world: World) => void;
  readonly ends: readonly string[];
  /** How often Blink is asked at most, for so many runs. */
  readonly requests: (runs: number) => number;
}[] = [
  {
    blink: 'a logout ends the session',
    is: () => undefined,
    ends: ['already_logged_out', 'nothing_to_log_out'],
    requests: () => 2,
  },
  {
    blink: 'healthy',
    is: ({ blink }) => {
      blink.logoutEndsTokens = false;
    },
    ends: ['logged_out'],
    requests: (runs) => runs,
  },
  {
    blink: 'each logout is answered with 403',
    is: ({ blink }) => {
      blink.logoutStatus = 403;
    },
    ends: ['blink_rejected'],
    requests: (runs) => runs,
  },
  {
    blink: 'each refresh is answered with 403',
    is: ({ blink }) => {
      blink.refreshStatus = 403;
    },
    ends: ['blink_rejected'],
    requests: (runs) => runs,
  },
];

const total = { runs: 0, doubleSpends: 0, stuckSessions: 0 };

const CASES = LIVES.flatMap((life) => BLINKS.map((blink) => ({ ...life, ...blink })));

test.each(CASES)('promise 13: $schedule, $blink: no run is busy, lost or in doubt', async (life) => {
  const world = new World();
  world.signIn();
  life.is(world);
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
  expect(spends.length + rejections.length).toBeLessThanOrEqual(life.requests(life.runs));
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
