import { stat } from 'node:fs/promises';
import { type Sample, takeSample } from './sample.ts';
import { hasCurl, runSeedScript } from './seed-script.ts';
import type { StandIns } from './stand-ins.ts';
import { type Distribution, distribution, shuffled } from './statistics.ts';
import type { Variant, VariantName } from './variants.ts';

/** What was measured of one variant. */
export interface Measured {
  readonly bundleBytes: number;
  readonly loadedBytes: number;
  /** From the start of the process to the first reply, which is asked for as soon as the handler is loaded. */
  readonly coldMs: Distribution;
  /** Of that, Node itself. */
  readonly nodeMs: Distribution;
  /** The first call, where the platform had initialised the function before anybody called. */
  readonly firstMs: Distribution;
  /** Requests within that first call. */
  readonly firstCalls: { readonly secretsManager: number; readonly blink: number };
  readonly warmMs: Distribution;
  /** Per call, a value for each process. */
  readonly warmCpuMs: Distribution;
  readonly rssBytes: number;
  readonly peakBytes: number;
}

export interface Measurements {
  readonly variants: ReadonlyMap<VariantName, Measured>;
  /** The seed's example, where curl is there. */
  readonly seedScriptMs: Distribution | undefined;
}

export interface Plan {
  readonly rounds: number;
  /** Of each variant. */
  readonly warmCalls: number;
  readonly onRound: (round: number) => void;
}

/** Long enough for all that a function does ahead of its first call. */
const INITIALISED_AHEAD_MS = 400;
/** The warm calls are shared out, so that a moment in which the machine was busy meets one variant no more than another. */
const WARM_PROCESSES = 5;

export async function measure(
  variants: readonly Variant[],
  standIns: StandIns,
  certificateFile: string,
  { rounds, warmCalls, onRound }: Plan,
): Promise<Measurements> {
  const cold = new Map<VariantName, Sample[]>(variants.map(({ name }) => [name, []]));
  const ahead = new Map<VariantName, Sample[]>(variants.map(({ name }) => [name, []]));
  const warm = new Map<VariantName, Sample[]>(variants.map(({ name }) => [name, []]));
  const firstCalls = new Map<VariantName, Measured['firstCalls']>();
  const seedScriptMs: number[] = [];
  const withCurl = hasCurl();

  for (let round = 1; round <= rounds; round++) {
    onRound(round);
    for (const variant of shuffled(variants)) {
      const plan = { pauseMs: 0, warmSessions: [] };
      cold.get(variant.name)?.push(await takeSample(variant, standIns, certificateFile, plan));
    }
    for (const variant of shuffled(variants)) {
      const plan = { pauseMs: INITIALISED_AHEAD_MS, warmSessions: [] };
      const sample = await takeSample(variant, standIns, certificateFile, plan);
      ahead.get(variant.name)?.push(sample);
      firstCalls.set(variant.name, await standIns.calls(sample.calledAtMs));
    }
    if (withCurl) seedScriptMs.push(await runSeedScript(standIns, certificateFile));
  }

  const warmSessions = Array.from({ length: warmCalls / WARM_PROCESSES }, (_, index) => `session-${index}`);
  for (let round = 1; round <= WARM_PROCESSES; round++) {
    for (const variant of shuffled(variants)) {
      const plan = { pauseMs: 0, warmSessions };
      warm.get(variant.name)?.push(await takeSample(variant, standIns, certificateFile, plan));
    }
  }

  const measured = new Map<VariantName, Measured>();
  for (const { name, file } of variants) {
    measured.set(name, {
      ...coldSummary(cold.get(name) ?? []),
      ...warmSummary(warm.get(name) ?? []),
      firstMs: distribution((ahead.get(name) ?? []).map(({ firstMs }) => firstMs)),
      firstCalls: firstCalls.get(name) ?? { secretsManager: 0, blink: 0 },
      bundleBytes: (await stat(file)).size,
    });
  }
  return {
    variants: measured,
    seedScriptMs: seedScriptMs.length === 0 ? undefined : distribution(seedScriptMs),
  };
}

function coldSummary(samples: readonly Sample[]) {
  return {
    coldMs: distribution(samples.map(({ nodeMs, initMs, firstMs }) => nodeMs + initMs + firstMs)),
    nodeMs: distribution(samples.map(({ nodeMs }) => nodeMs)),
    loadedBytes: distribution(samples.map(({ loadedBytes }) => loadedBytes)).median,
    rssBytes: distribution(samples.map(({ rssBytes }) => rssBytes)).median,
  };
}

function warmSummary(samples: readonly Sample[]) {
  return {
    warmMs: distribution(samples.flatMap(({ warmMs }) => warmMs)),
    warmCpuMs: distribution(samples.map(({ warmCpuMs }) => warmCpuMs)),
    peakBytes: distribution(samples.map(({ peakBytes }) => peakBytes)).median,
  };
}
