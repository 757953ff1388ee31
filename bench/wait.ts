import type { Call } from './network.ts';
import { Progress } from './progress.ts';
import { type Machine, type Sample, takeSample } from './sample.ts';
import type { Wait } from './stand-ins-protocol.ts';
import { type Distribution, distribution, shuffled } from './statistics.ts';
import type { Variant, VariantName } from './variants.ts';

export type Waits = Readonly<Record<Call, Distribution>>;

/** The recorded waits of a cold webhook. */
export interface Timeline {
  readonly startedAtMs: number;
  readonly repliedAtMs: number;
  readonly waits: readonly Wait[];
}

/** The time that a caller waits, with Lambda's share of a processor and a network. */
export interface WaitResults {
  readonly byMemory: ReadonlyMap<number, Readonly<Record<'this' | 'baseline', Waits>>>;
  readonly control: Waits;
  /** A scheduled run in a new process. */
  readonly scheduled: Distribution;
  /** Node's start, which Lambda bills as part of the initialisation. It is not in the waits. */
  readonly nodeMs: number;
  readonly timelines: Readonly<Record<'this' | 'baseline', Timeline>>;
}

interface Cell {
  readonly memoryMb: number;
  readonly name: VariantName | 'scheduled';
  readonly samples: Sample[];
}

/** @param usualMb the memory at which the control, the scheduled run and the timelines are taken */
export async function measureWait(
  variants: Readonly<Record<VariantName, Variant>>,
  machine: Machine,
  {
    memoriesMb,
    usualMb,
    rounds,
  }: { readonly memoriesMb: readonly number[]; readonly usualMb: number; readonly rounds: number },
): Promise<WaitResults> {
  const cell = (memoryMb: number, name: Cell['name']): Cell => ({ memoryMb, name, samples: [] });
  const compared = memoriesMb.flatMap((memoryMb) => [cell(memoryMb, 'this'), cell(memoryMb, 'baseline')]);
  const control = cell(usualMb, 'control');
  const scheduled = cell(usualMb, 'scheduled');
  const cells = [...compared, control, scheduled];
  const timelines = new Map<Cell['name'], Timeline>();

  const progress = new Progress('the wait', cells.length * rounds);
  for (let round = 1; round <= rounds; round++) {
    for (const { memoryMb, name, samples } of shuffled(cells)) {
      const variant = variants[name === 'scheduled' ? 'this' : name];
      const trigger = name === 'scheduled' ? 'schedule' : 'webhook';
      const afterwards = name === 'scheduled' ? {} : { afterIdling: ['idle'], warm: ['warm-1', 'warm-2'] };
      const sample = await takeSample(variant, machine, { memoryMb, trigger, ...afterwards });
      samples.push(sample);
      if (memoryMb === usualMb) timelines.set(name, timelineOf(sample, await machine.standIns.recorded()));
      progress.step();
    }
  }

  const at = (memoryMb: number, name: VariantName) =>
    waits(compared.find((each) => each.memoryMb === memoryMb && each.name === name)?.samples ?? []);
  const timeline = (name: VariantName) =>
    timelines.get(name) ?? { startedAtMs: 0, repliedAtMs: 0, waits: [] };
  return {
    byMemory: new Map(memoriesMb.map((mb) => [mb, { this: at(mb, 'this'), baseline: at(mb, 'baseline') }])),
    control: waits(control.samples),
    scheduled: distribution(scheduled.samples.map(coldMs)),
    nodeMs: distribution(cells.flatMap(({ samples }) => samples.map(({ nodeMs }) => nodeMs))).median,
    timelines: { this: timeline('this'), baseline: timeline('baseline') },
  };
}

/** From the handler's loading to the reply. */
export function coldMs({ initMs, firstMs }: Sample): number {
  return initMs + firstMs;
}

function waits(samples: readonly Sample[]): Waits {
  return {
    cold: distribution(samples.map(coldMs)),
    idle: distribution(samples.flatMap(({ idleMs }) => idleMs)),
    warm: distribution(samples.flatMap(({ warmMs }) => warmMs)),
  };
}

function timelineOf(sample: Sample, recorded: readonly Wait[]): Timeline {
  const repliedAtMs = sample.startedAtMs + coldMs(sample);
  return {
    startedAtMs: sample.startedAtMs,
    repliedAtMs,
    waits: recorded.filter(({ fromMs }) => fromMs < repliedAtMs),
  };
}
