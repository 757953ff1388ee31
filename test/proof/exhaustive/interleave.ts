import { CLAIM_LIFE_SECONDS } from '../../../lambda/environment.ts';
import type { ReusePolicy } from '../models/blink-model.ts';
import { World } from '../models/world.ts';
import type { Race, RacedRun } from '../races/race.ts';
import type { Choose } from './explore.ts';
import { Order } from './order.ts';
import { type FaultAt, OrderedChannel } from './ordered-channel.ts';

/** What is the same for all orders that are played. */
export interface Setting {
  /** Runs that begin at once. */
  readonly runs: number;
  /** Of the first run, or of the run that is over before the others begin. */
  readonly faultAt?: FaultAt;
  /** The run with the fault is over, and its claim has ended, before the others begin. */
  readonly afterwards: boolean;
  /** A person signs in, at any time. */
  readonly signsIn: boolean;
  readonly reusePolicy: ReusePolicy;
  readonly logoutEndsTokens: boolean;
}

export interface Interleaved {
  readonly race: Race;
  /** What happened to the secret and at Blink, in order. */
  readonly changes: string;
}

/** A wait that may end while a request of another run travels: SDK's and Blink's pauses, and a request's timeout. */
const SHORT_WAIT_MS = 10_000;
/** Waits that end so close to each other end together, since what follows is ordered anyway. */
const TOGETHER_MS = 50;

/**
 * Plays one order. Time passes by a millisecond with each request, too little for any rule of the code, else only by choice.
 * `undefined` if it ended early, or if its fault was void.
 */
export async function interleave(setting: Setting, choose: Choose): Promise<Interleaved | undefined> {
  const world = new World();
  const { time } = world;
  world.blink.reusePolicy = setting.reusePolicy;
  world.blink.logoutEndsTokens = setting.logoutEndsTokens;
  world.signIn();
  await time.advance(60_000);
  const order = new Order();
  const channels: OrderedChannel[] = [];

  const start = async (id: string, faultAt?: FaultAt): Promise<RacedRun> => {
    let letGoAtMs = () => time.nowMs;
    const end = await world.start({
      id,
      requestId: 'one delivery',
      channel: (sandbox) => {
        const channel = new OrderedChannel(order, time, sandbox, { id, faultAt });
        channels.push(channel);
        letGoAtMs = () => Math.min(time.nowMs, channel.endedClaimAtMs);
        return channel;
      },
    });
    return { id, end, letGoAtMs: letGoAtMs() };
  };

  /** Whether all was played. */
  const play = async (): Promise<boolean> => {
    for (;;) {
      await time.advance(1);
      while (time.nextDueMs <= time.nowMs) await time.advance(0);
      if (channels.some(({ fault }) => fault === 'void')) return false;
      const mayPass = time.nextDueMs - time.nowMs <= SHORT_WAIT_MS;
      const choices = order.pending.length + Number(mayPass);
      if (choices === 0) return true;
      const choice = choices === 1 ? 0 : choose(choices, order.state);
      if (choice === undefined) return false;
      if (choice < order.pending.length) order.processNext(choice, time.nowMs);
      else {
        order.pass();
        await time.advance(time.nextDueMs - time.nowMs + TOGETHER_MS);
      }
    }
  };

  const { faultAt, afterwards } = setting;
  const runs: Promise<RacedRun>[] = [];
  if (afterwards) {
    runs.push(start('the first run', faultAt));
    if (!(await play())) return undefined;
    await time.advance((CLAIM_LIFE_SECONDS + 5) * 1000);
  }
  for (let run = 1; run <= setting.runs; run++) {
    runs.push(start(`run ${run}`, run === 1 && !afterwards ? faultAt : undefined));
  }
  if (setting.signsIn) {
    order.pending.push({
      run: 'a person',
      action: 'signs in',
      process: () => {
        world.signIn();
        return { changes: true, answer: '' };
      },
    });
  }
  if (!(await play())) return undefined;
  if (faultAt !== undefined && channels.every(({ fault }) => fault !== 'happened')) return undefined;
  return { race: { world, runs: await Promise.all(runs) }, changes: order.changes };
}
