import type { Cpu, CpuResults } from './cpu.ts';
import type { Distribution } from './statistics.ts';

/** The rows. `ratio` is the value that is divided by the baseline's. */
const ROWS: readonly {
  readonly title: string;
  readonly text: (cpu: Cpu) => string;
  readonly ratio?: (cpu: Cpu) => number;
}[] = [
  {
    title: 'CPU to the first reply, ms',
    text: (cpu) => ms(cpu.coldCpuMs),
    ratio: (cpu) => cpu.coldCpuMs.median,
  },
  { title: 'Time to the first reply, ms', text: (cpu) => ms(cpu.coldMs), ratio: (cpu) => cpu.coldMs.median },
  {
    title: 'First call once initialised ahead, ms',
    text: (cpu) => ms(cpu.firstMs),
    ratio: (cpu) => cpu.firstMs.median,
  },
  { title: 'Warm call, ms', text: (cpu) => ms(cpu.warmMs), ratio: (cpu) => cpu.warmMs.median },
  { title: 'Warm call, CPU ms', text: (cpu) => ms(cpu.warmCpuMs), ratio: (cpu) => cpu.warmCpuMs.median },
  {
    title: 'Resident after the first call, MB',
    text: (cpu) => mb(cpu.rssBytes),
    ratio: (cpu) => cpu.rssBytes,
  },
  { title: 'Peak over the warm calls, MB', text: (cpu) => mb(cpu.peakBytes), ratio: (cpu) => cpu.peakBytes },
  { title: 'Bundle, kB', text: (cpu) => kb(cpu.bundleBytes) },
  { title: 'JavaScript loaded, kB', text: (cpu) => kb(cpu.loadedBytes), ratio: (cpu) => cpu.loadedBytes },
];

/** Markdown: medians (minima), and ratios to the baseline. */
export function cpuTable({ byVariant }: CpuResults): string {
  const { this: ours, control, baseline } = byVariant;
  const rows = ROWS.map(({ title, text, ratio }) => {
    const compared = [ours, control].map((cpu) =>
      ratio === undefined ? text(cpu) : `${text(cpu)} **×${(ratio(cpu) / ratio(baseline)).toFixed(2)}**`,
    );
    return `| ${[title, ...compared, text(baseline)].join(' | ')} |`;
  });
  return ['| | this build | this build again (control) | baseline |', '|---|--:|--:|--:|', ...rows].join(
    '\n',
  );
}

/** Markdown: the packages that take at least 1 % of a warm call. */
export function profileTable({ profile }: CpuResults): string {
  const shown = profile.filter(({ share }) => share >= 0.01);
  const rest = 1 - shown.reduce((sum, { share }) => sum + share, 0);
  const rows = [...shown, { name: 'all others', share: rest }].map(
    ({ name, share }) => `| ${name.startsWith('@') ? `\`${name}\`` : name} | ${(100 * share).toFixed(0)} |`,
  );
  return ['| own code of | % of a warm call’s CPU |', '|---|--:|', ...rows].join('\n');
}

function ms({ median, min }: Distribution): string {
  return `${median.toFixed(1)} (${min.toFixed(1)})`;
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function kb(bytes: number): string {
  return (bytes / 1e3).toFixed(1);
}
