import type { Measured, Measurements } from './measurements.ts';
import type { Distribution } from './statistics.ts';
import { VARIANTS, type VariantName } from './variants.ts';

/** What each row shows of a variant; `ratio` is to CDK's default build. */
const ROWS: readonly {
  readonly title: string;
  readonly text: (measured: Measured) => string;
  readonly ratio?: (measured: Measured) => number;
}[] = [
  {
    title: 'Cold start and first call, ms',
    text: ({ coldMs }) => ms(coldMs),
    ratio: ({ coldMs }) => coldMs.median,
  },
  { title: '… of that, Node itself, ms', text: ({ nodeMs }) => ms(nodeMs) },
  {
    title: '… without Node itself, ms',
    text: (measured) => withoutNodeMs(measured).toFixed(1),
    ratio: withoutNodeMs,
  },
  {
    title: 'First call once initialised ahead, ms',
    text: ({ firstMs }) => ms(firstMs),
    ratio: ({ firstMs }) => firstMs.median,
  },
  {
    title: '… requests in it: Secrets Manager, Blink',
    text: ({ firstCalls }) => `${firstCalls.secretsManager}, ${firstCalls.blink}`,
  },
  { title: 'Warm call, ms', text: ({ warmMs }) => ms(warmMs), ratio: ({ warmMs }) => warmMs.median },
  {
    title: 'Warm call, CPU ms',
    text: ({ warmCpuMs }) => `${warmCpuMs.median.toFixed(2)} (${warmCpuMs.min.toFixed(2)})`,
    ratio: ({ warmCpuMs }) => warmCpuMs.median,
  },
  {
    title: 'Resident after the first call, MB',
    text: ({ rssBytes }) => mb(rssBytes),
    ratio: ({ rssBytes }) => rssBytes,
  },
  {
    title: 'Peak over the warm calls, MB',
    text: ({ peakBytes }) => mb(peakBytes),
    ratio: ({ peakBytes }) => peakBytes,
  },
  { title: 'Bundle, kB', text: ({ bundleBytes }) => kb(bundleBytes) },
  {
    title: 'JavaScript loaded, kB',
    text: ({ loadedBytes }) => kb(loadedBytes),
    ratio: ({ loadedBytes }) => loadedBytes,
  },
];

/** Markdown: a row per figure, a column per variant; median (minimum), and ×ratio to CDK's default build. */
export function table({ variants }: Measurements): string {
  const columns = names(variants);
  const base = variants.get('default');
  const rows = ROWS.map(({ title, text, ratio }) => {
    const cells = columns.map((name) => {
      const measured = variants.get(name);
      if (measured === undefined) return '';
      if (ratio === undefined || base === undefined || name === 'default') return text(measured);
      return `${text(measured)} **×${(ratio(measured) / ratio(base)).toFixed(2)}**`;
    });
    return `| ${[title, ...cells].join(' | ')} |`;
  });
  return [
    `| | ${columns.map((name) => VARIANTS[name]).join(' | ')} |`,
    `|---|${columns.map(() => '---:|').join('')}`,
    ...rows,
  ].join('\n');
}

export function withoutNodeMs({ coldMs, nodeMs }: Measured): number {
  return coldMs.median - nodeMs.median;
}

function names(variants: Measurements['variants']): readonly VariantName[] {
  const order: readonly VariantName[] = ['this', 'control', 'unprimed', 'default', 'floor'];
  return order.filter((name) => variants.has(name));
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
