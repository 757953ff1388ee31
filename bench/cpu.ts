import { stat } from 'node:fs/promises';
import { type PackageShare, sharesByPackage } from './profile.ts';
import { Progress } from './progress.ts';
import { type Machine, type Sample, takeSample } from './sample.ts';
import { type Distribution, distribution, shuffled } from './statistics.ts';
import type { Variant, VariantName } from './variants.ts';
import { coldMs } from './wait.ts';

/** The measurements of one variant, on loopback and at full speed. */
export interface Cpu {
  readonly bundleBytes: number;
  readonly loadedBytes: number;
  /** CPU from the handler's loading to the first reply. */
  readonly coldCpuMs: Distribution;
  /** The wall time of the same. */
  readonly coldMs: Distribution;
  /** The first call, some time after the initialisation. */
  readonly firstMs: Distribution;
  readonly warmMs: Distribution;
  /** CPU per call: one value for each process. */
  readonly warmCpuMs: Distribution;
  readonly rssBytes: number;
  readonly peakBytes: number;
}

export interface CpuResults {
  readonly byVariant: Readonly<Record<VariantName, Cpu>>;
  /** Of this build's warm calls, in descending order. */
  readonly profile: readonly PackageShare[];
}

/** Longer than the initialisation takes. */
const INITIALISED_AHEAD_MS = 400;
/** The warm calls are divided among several processes, so that a short load on the machine affects all variants. */
const WARM_PROCESSES = 5;
const PROFILED_CALLS = 400;

export async function measureCpu(
  variants: Readonly<Record<VariantName, Variant>>,
  machine: Machine,
  { rounds, warmCalls }: { readonly rounds: number; readonly warmCalls: number },
): Promise<CpuResults> {
  const all = Object.values(variants);
  const warmRounds = Math.min(rounds, WARM_PROCESSES);
  const warm = sessions(Math.ceil(warmCalls / warmRounds));
  const taken = { cold: noSamples(), ahead: noSamples(), warm: noSamples() };
  const plans = { cold: {}, ahead: { pauseMs: INITIALISED_AHEAD_MS }, warm: { warm } };

  const progress = new Progress('CPU', all.length * (2 * rounds + warmRounds));
  for (let round = 1; round <= rounds; round++) {
    for (const kind of ['cold', 'ahead', 'warm'] as const) {
      if (round > (kind === 'warm' ? warmRounds : rounds)) continue;
      for (const variant of shuffled(all)) {
        taken[kind][variant.name].push(await takeSample(variant, machine, plans[kind]));
        progress.step();
      }
    }
  }
  const { warmProfile } = await takeSample(variants.this, machine, {
    warm: sessions(Math.min(warmCalls, PROFILED_CALLS)),
    profile: true,
  });

  const of = async ({ name, bundle }: Variant): Promise<Cpu> => ({
    bundleBytes: (await stat(bundle)).size,
    loadedBytes: distribution(taken.cold[name].map(({ loadedBytes }) => loadedBytes)).median,
    coldCpuMs: distribution(taken.cold[name].map(({ coldCpuMs }) => coldCpuMs)),
    coldMs: distribution(taken.cold[name].map(coldMs)),
    firstMs: distribution(taken.ahead[name].map(({ firstMs }) => firstMs)),
    warmMs: distribution(taken.warm[name].flatMap(({ warmMs }) => warmMs)),
    warmCpuMs: distribution(taken.warm[name].map(({ warmCpuMs }) => warmCpuMs)),
    rssBytes: distribution(taken.cold[name].map(({ rssBytes }) => rssBytes)).median,
    peakBytes: distribution(taken.warm[name].map(({ peakBytes }) => peakBytes)).median,
  });
  return {
    byVariant: {
      this: await of(variants.this),
      control: await of(variants.control),
      baseline: await of(variants.baseline),
    },
    profile: warmProfile === undefined ? [] : await sharesByPackage(warmProfile, variants.this.bundle),
  };
}

function noSamples(): Record<VariantName, Sample[]> {
  return { this: [], control: [], baseline: [] };
}

function sessions(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `session-${index}`);
}
