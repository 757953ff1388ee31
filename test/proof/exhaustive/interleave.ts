import { CLAIM_LIFE_SECONDS } from '../../../lambda/core/claim-life.ts';
import type { ReusePolicy } from '../models/blink-model.ts';
import { World } from '../models/world.ts';
import type { Race, RacedRun } from '../races/race.ts';
import type { Choose } from './explore.ts';
import { History, justBefore, REQUEST_MS } from './history.ts';
import { type FaultAt, OrderedChannel } from './ordered-channel.ts';

/** The part that all plays of a setting share. */
export interface Setting {
  /** The runs that start at the same time. */
  readonly runs: number;
  /** A fault of the first of them. */
  readonly faultAt?: FaultAt;
  /** The others start as soon as the run with the fault has ended. Its request may still be on its way. */
  readonly follows?: boolean;
  /** A fault of an earlier run, which is over, and whose claim has ended, before the others start. */
  readonly earlierFaultAt?: FaultAt;
  /** A person signs in, at any time. */
  readonly signsIn: boolean;
  readonly reusePolicy: ReusePolicy;
  readonly logoutEndsTokens: boolean;
}

export interface Interleaved {
  /** Whether the run with the fault came to that call. */
  readonly reachesFault: boolean;
  /** The end, unless the play was stopped or the fault was void. */
  readonly end?: { readonly race: Race; readonly state: string };
}

/** A wait that may end while a request of another run is on its way: a pause of the SDK or for Blink, or a timeout. */
const SHORT_WAIT_MS = 10_000;
/** Waits that end within this time end together, because the requests that follow are ordered anyway. */
const TOGETHER_MS = 50;

/** Plays one order. Apart from `REQUEST_MS` with each request, time passes only by choice. */
export async function interleave(setting: Setting, choose: Choose): Promise<Interleaved> {
  const world = new World();
  const { time } = world;
  world.blink.reusePolicy = setting.reusePolicy;
  world.blink.logoutEndsTokens = setting.logoutEndsTokens;
  world.signIn();
  await time.advance(60_000);
  const history = new History(world);
  const channels: OrderedChannel[] = [];
  const state = () => history.state(Math.max(...channels.map(({ staleBy }) => staleBy)));

  const start = async (id: string, faultAt?: FaultAt): Promise<RacedRun> => {
    let letGoAtMs = () => time.nowMs;
    const end = await world.start({
      id,
      channel: (sandbox) => {
        const channel = new OrderedChannel(history, time, sandbox, { id, faultAt });
        channels.push(channel);
        letGoAtMs = () => Math.min(time.nowMs, channel.endedClaimAtMs);
        return channel;
      },
    });
    history.end(id, end);
    return { id, end, letGoAtMs: letGoAtMs() };
  };

  const nextMs = () => Math.min(...time.waitsUntilMs());
  /** Resolves to whether everything was played. */
  const play = async (): Promise<boolean> => {
    for (;;) {
      await time.advance(REQUEST_MS);
      while (nextMs() <= time.nowMs) await time.advance(0);
      if (channels.some(({ fault }) => fault === 'void')) return false;
      const mayPass = nextMs() - time.nowMs <= SHORT_WAIT_MS;
      const choices = history.pending.length + Number(mayPass);
      if (choices === 0) return true;
      const choice = choices === 1 ? 0 : choose(choices, state);
      if (choice === undefined) return false;
      if (choice < history.pending.length) history.process(choice);
      else await time.advance(justBefore(Math.floor(nextMs()) + TOGETHER_MS) - time.nowMs);
    }
  };

  const { faultAt, earlierFaultAt } = setting;
  const runs: Promise<RacedRun>[] = [];
  const playAll = async (): Promise<boolean> => {
    if (setting.follows) {
      const first = start('the first run', faultAt);
      runs.push(
        first,
        first.then(() => start('run 1')),
      );
      return play();
    }
    if (earlierFaultAt !== undefined) {
      runs.push(start('the earlier run', earlierFaultAt));
      if (!(await play())) return false;
      await time.advance((CLAIM_LIFE_SECONDS + 5) * 1000);
    }
    for (let run = 1; run <= setting.runs; run++) {
      runs.push(start(`run ${run}`, run === 1 ? faultAt : undefined));
    }
    if (setting.signsIn) {
      history.pending.push({
        run: 'a person',
        action: 'signs in',
        process: () => {
          world.signIn();
          return true;
        },
      });
    }
    return play();
  };

  const isComplete = await playAll();
  const wanted = [faultAt, earlierFaultAt].filter((at) => at !== undefined).length;
  const reachesFault = channels.filter(({ fault }) => fault !== 'to come').length === wanted;
  if (!isComplete || !reachesFault) return { reachesFault: reachesFault && wanted > 0 };
  return {
    reachesFault: wanted > 0,
    end: { race: { world, runs: await Promise.all(runs) }, state: state() },
  };
}
