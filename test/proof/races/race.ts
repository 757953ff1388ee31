import { setImmediate } from 'node:timers/promises';
import type { Scheduler } from 'fast-check';
import type { Channel } from '../models/channel.ts';
import { type RunEnd, World } from '../models/world.ts';
import type { Plan } from './plan.ts';
import { ScheduledChannel } from './scheduled-channel.ts';

export interface RacedRun {
  readonly id: string;
  readonly end: RunEnd;
  /** When it held no claim any more: it had given it back, or it was over. */
  readonly letGoAtMs: number;
}

export interface Race {
  readonly world: World;
  readonly runs: readonly RacedRun[];
}

/** Plays a schedule to the end of its last run and the arrival of its last call. */
export async function race(scheduler: Scheduler, plan: Plan): Promise<Race> {
  const staleness = cycle(plan.staleParts);
  const latency = cycle(plan.latenciesMs);
  const world = new World({
    random: cycle([0.1, 0.9, 0.5]),
    versionsAheadMs: cycle(plan.clocksAheadMs),
    answersAheadMs: cycle(plan.clocksAheadMs.toReversed()),
  });
  const { time } = world;
  world.blink.reusePolicy = plan.reusePolicy;
  world.blink.logoutEndsTokens = plan.logoutEndsTokens;
  world.signIn();
  await time.advance(60_000);

  const runs = plan.runs.map(async (runPlan, index): Promise<RacedRun> => {
    const id = `run ${index + 1}`;
    let letGoAtMs = () => time.nowMs;
    await time.wait(runPlan.startsAtMs);
    const end = await world.start({
      id,
      channel: (sandbox) => {
        const staleMs: Channel['staleMs'] = (read) => staleness() * plan.staleWithinMs[read];
        const channel = new ScheduledChannel(scheduler, time, sandbox, { id, plan: runPlan, staleMs });
        letGoAtMs = () => Math.min(time.nowMs, channel.endedClaimAtMs);
        return channel;
      },
    });
    return { id, end, letGoAtMs: letGoAtMs() };
  });
  const signIns = plan.signInsAtMs.map(async (atMs) => {
    await time.wait(atMs);
    await scheduler.schedule(Promise.resolve(), 'a person signs in');
    world.signIn();
  });

  let over = false;
  const all = Promise.all([Promise.all(runs), ...signIns]).finally(() => {
    over = true;
  });
  all.catch(() => undefined);
  await setImmediate();
  while (!over || scheduler.count() > 0) {
    if (scheduler.count() === 0) {
      if (!(await time.jump())) throw new Error('a run waits for something that never comes');
    } else {
      await time.advance(latency());
      await scheduler.waitNext(1);
      await setImmediate();
    }
  }
  const [raced] = await all;
  return { world, runs: raced };
}

/** The values one after the other, over and over. */
function cycle(values: readonly number[]): () => number {
  let next = 0;
  return () => values[next++ % values.length] ?? 0;
}
