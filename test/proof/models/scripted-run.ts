import { type Channel, type Mishap, type Moment, ScriptedChannel } from './channel.ts';
import { type RunOptions, told, type World } from './world.ts';

export interface Script extends Partial<Omit<RunOptions, 'channel'>> {
  /** What happens at a call of this name, before or after it is processed. */
  readonly on?: ((action: string, moment: Moment) => Mishap | undefined) | undefined;
  readonly staleMs?: Channel['staleMs'];
  readonly landsAfterMs?: number;
}

export interface ScriptedRun {
  /** How it ended, in one word. */
  readonly end: string;
  /** All that it asked of Secrets Manager and Blink, in order. */
  readonly actions: readonly string[];
}

let runs = 0;

/** Carries one run to its end. */
export async function runScripted(world: World, script: Script = {}): Promise<ScriptedRun> {
  let actions: readonly string[] = [];
  runs += 1;
  const started = world.start({
    id: `run-${runs}`,
    ...script,
    channel: (sandbox) => {
      const channel = new ScriptedChannel(world.time, sandbox);
      if (script.on !== undefined) channel.on = script.on;
      if (script.staleMs !== undefined) channel.staleMs = script.staleMs;
      if (script.landsAfterMs !== undefined) channel.landsAfterMs = script.landsAfterMs;
      actions = channel.actions;
      return channel;
    },
  });
  return { end: told(await world.time.drive(started)), actions };
}

/** Carries runs to their ends, one after the other. A number lets so many milliseconds pass. */
export async function endsOf(
  world: World,
  ...steps: readonly (Script | number)[]
): Promise<readonly string[]> {
  const ends: string[] = [];
  for (const step of steps) {
    if (typeof step === 'number') await world.time.advance(step);
    else ends.push((await runScripted(world, step)).end);
  }
  return ends;
}

/** Something that happens once, at one moment of one call. */
export function once(
  action: string,
  moment: Moment,
  what: Mishap | (() => Mishap | undefined),
): (action: string, moment: Moment) => Mishap | undefined {
  let left = 1;
  return (actual, actualMoment) => {
    if (actual !== action || actualMoment !== moment || left-- <= 0) return undefined;
    return typeof what === 'function' ? what() : what;
  };
}
