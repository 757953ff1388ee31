import { arch, cpus } from 'node:os';
import type { Measurements } from './measurements.ts';
import { table } from './table.ts';
import { targets } from './targets.ts';

/** All that a run has to say, in Markdown. */
export function results(measurements: Measurements, rounds: number, warmCalls: number): string {
  const [cpu] = cpus();
  const { seedScriptMs } = measurements;
  const rows = targets(measurements).map(
    ({ what, limit, found }) =>
      `| ${what} | ≤ ${limit} | ${found.toFixed(found < 2 ? 2 : 1)} | ${found <= limit ? 'met' : 'missed'} |`,
  );
  return [
    `${rounds} rounds, medians (minima), ${warmCalls} warm calls each; Node ${process.versions.node}, ${cpus().length} cores ${arch()} (${cpu?.model ?? 'unknown'}).`,
    '',
    table(measurements),
    '',
    ...(seedScriptMs === undefined
      ? []
      : [
          `The seed's example with curl, two calls and nothing saved: ${seedScriptMs.median.toFixed(1)} ms (${seedScriptMs.min.toFixed(1)}).`,
          '',
        ]),
    '| Target | | found | |',
    '|---|---|---:|---|',
    ...rows,
  ].join('\n');
}
