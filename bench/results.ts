import type { Build } from './builds.ts';
import { type Call, DELAYS, limitMs } from './network.ts';
import type { Sample } from './sample.ts';
import { type Distribution, distribution } from './statistics.ts';

export type Samples = Readonly<Record<Build, Sample[]>>;

/** The control is a copy of this build. If they differ by more, the run is void. */
const NOISE_LIMIT = 0.07;

interface Row {
  readonly title: string;
  readonly values: (sample: Sample) => readonly number[];
  readonly digits: number;
  /** The row has a lower limit: the sum of the waits on the critical path. */
  readonly call?: Call;
}

const ROWS: readonly Row[] = [
  { title: 'Cold webhook, ms', values: ({ coldMs }) => [coldMs], digits: 0, call: 'cold' },
  { title: 'After idling, ms', values: ({ idleMs }) => [idleMs], digits: 0, call: 'idle' },
  { title: 'Warm, ms', values: ({ warmMs }) => warmMs, digits: 0, call: 'warm' },
  { title: 'CPU to the first reply, ms', values: ({ coldCpuMs }) => [coldCpuMs], digits: 1 },
  { title: 'CPU of a warm call, ms', values: ({ warmCpuMs }) => [warmCpuMs], digits: 1 },
  { title: 'Resident after the first call, MB', values: ({ residentMb }) => [residentMb], digits: 1 },
];

/** Markdown: medians (minima), the ratio to the baseline, and the lower limit. */
export function resultsTable(samples: Samples): string {
  const rows = ROWS.map(({ title, values, digits, call }) => {
    const of = (build: Build) => distribution(samples[build].flatMap(values));
    const text = ({ median, min }: Distribution) => `${median.toFixed(digits)} (${min.toFixed(digits)})`;
    const ratio = (of('this').median / of('baseline').median).toFixed(2);
    const limit = call === undefined ? '' : limitMs(call, DELAYS).toFixed(0);
    const cells = [title, text(of('this')), text(of('control')), text(of('baseline')), ratio, limit];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| | this build | again (control) | baseline | to the baseline | limit |',
    '|---|--:|--:|--:|--:|--:|',
    ...rows,
  ].join('\n');
}

export function samplesText(memoryMb: number): string {
  const { blinkAwayMs, blinkWorkMs, secretsAwayMs, secretsWorkMs } = DELAYS;
  return `At ${memoryMb} MB. Blink is ${blinkAwayMs} ms away (one round trip) and works ${blinkWorkMs} ms on a handshake and on a request.
Secrets Manager is ${secretsAwayMs} ms away and works ${secretsWorkMs} ms.`;
}

/** Describes each value of the control that differs too much. */
export function noise(samples: Samples): readonly string[] {
  return ROWS.flatMap(({ title, values }) => {
    const of = (build: Build) => distribution(samples[build].flatMap(values)).median;
    const ratio = of('control') / of('this');
    return Math.abs(ratio - 1) > NOISE_LIMIT ? [`${title}: the control is at ×${ratio.toFixed(2)}`] : [];
  });
}
