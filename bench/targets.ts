import type { CpuResults } from './cpu.ts';
import { type Delays, limitMs } from './network.ts';
import type { WaitResults } from './wait.ts';

export interface Target {
  readonly what: string;
  readonly limit: number;
  readonly found: number;
}

/** The control is a copy of this build. If they differ by more, the run is void. */
const NOISE_LIMIT = 0.07;

export interface Results {
  readonly wait: WaitResults;
  readonly cpu: CpuResults;
  /** The memory that the targets are for. */
  readonly usualMb: number;
  readonly delays: Delays;
}

export function targets({ wait, cpu, usualMb, delays }: Results): readonly Target[] {
  const at = wait.byMemory.get(usualMb);
  if (at === undefined) throw new Error(`nothing was measured at ${usualMb} MB`);
  const { this: ours, baseline } = cpu.byVariant;
  return [
    {
      what: `cold webhook to the baseline’s, at ${usualMb} MB`,
      limit: 0.6,
      found: at.this.cold.median / at.baseline.cold.median,
    },
    { what: 'cold webhook to the limit', limit: 1.12, found: at.this.cold.median / limitMs('cold', delays) },
    {
      what: 'call after idling, to the baseline’s',
      limit: 0.72,
      found: at.this.idle.median / at.baseline.idle.median,
    },
    {
      what: 'call after idling, to the limit',
      limit: 1.1,
      found: at.this.idle.median / limitMs('idle', delays),
    },
    {
      what: 'CPU to the first reply, to the baseline’s',
      limit: 0.7,
      found: ours.coldCpuMs.median / baseline.coldCpuMs.median,
    },
    { what: 'resident after the first call, MB', limit: 72, found: ours.rssBytes / 1e6 },
  ];
}

/** Markdown. */
export function targetsTable(results: Results): string {
  const rows = targets(results).map(
    ({ what, limit, found }) =>
      `| ${what} | ≤ ${limit} | ${found.toFixed(found < 10 ? 2 : 1)} | ${found <= limit ? 'met' : '**missed**'} |`,
  );
  return ['| Target | | found | |', '|---|--:|--:|---|', ...rows].join('\n');
}

/** Describes each value of the control that differs too much. */
export function noise({ wait, cpu, usualMb }: Results): readonly string[] {
  const at = wait.byMemory.get(usualMb)?.this;
  const { this: ours, control } = cpu.byVariant;
  const ratios = {
    ...(at && {
      'cold webhook': wait.control.cold.median / at.cold.median,
      'call after idling': wait.control.idle.median / at.idle.median,
    }),
    'CPU to the first reply': control.coldCpuMs.median / ours.coldCpuMs.median,
    'warm CPU': control.warmCpuMs.median / ours.warmCpuMs.median,
  };
  return Object.entries(ratios).flatMap(([what, ratio]) =>
    Math.abs(ratio - 1) > NOISE_LIMIT ? [`${what}: the control is at ×${ratio.toFixed(2)}`] : [],
  );
}
