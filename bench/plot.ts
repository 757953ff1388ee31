import type { Measurements } from './measurements.ts';
import { VARIANTS, type VariantName } from './variants.ts';

const SHOWN: readonly VariantName[] = ['default', 'unprimed', 'this', 'floor'];
const WIDTH = 760;
const LEFT = 300;
const BAR = 16;
const ROW = 62;
const TOP = 56;

/** Two bars a variant: somebody waits for all of it, or only for the first call. */
export function plot({ variants, seedScriptMs }: Measurements): string {
  const bars = SHOWN.flatMap((name) => {
    const measured = variants.get(name);
    return measured === undefined
      ? []
      : [
          {
            title: VARIANTS[name].replaceAll('`', ''),
            cold: measured.coldMs.median,
            first: measured.firstMs.median,
          },
        ];
  });
  const longest = Math.max(...bars.map(({ cold }) => cold), seedScriptMs?.median ?? 0);
  const width = (value: number) => Math.round(((WIDTH - LEFT - 70) * value) / longest);
  const bar = (y: number, value: number, kind: string) =>
    `<rect class="${kind}" x="${LEFT}" y="${y}" width="${width(value)}" height="${BAR}" rx="2"/>` +
    `<text x="${LEFT + width(value) + 6}" y="${y + 12}">${value.toFixed(0)} ms</text>`;
  const label = (y: number, text: string) => `<text class="label" x="${LEFT - 12}" y="${y}">${text}</text>`;

  const rows = bars.map(({ title, cold, first }, index) => {
    const y = TOP + index * ROW;
    return label(y + 22, title) + bar(y, cold, 'cold') + bar(y + BAR + 4, first, 'first');
  });
  if (seedScriptMs !== undefined) {
    const y = TOP + bars.length * ROW;
    rows.push(label(y + 12, 'two calls by curl, nothing saved') + bar(y, seedScriptMs.median, 'script'));
  }
  const height = TOP + bars.length * ROW + (seedScriptMs === undefined ? 0 : 34);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title">
<title id="title">Median milliseconds of a logout: cold start and first call, and first call alone once initialised ahead</title>
<style>
text { font: 13px system-ui, sans-serif; fill: #333 }
.label { text-anchor: end }
.cold { fill: #7a8fa6 } .first { fill: #d9822b } .script { fill: #b9b9b9 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } }
</style>
<rect class="cold" x="12" y="12" width="12" height="12"/><text x="30" y="23">cold start and first call</text>
<rect class="first" x="212" y="12" width="12" height="12"/><text x="230" y="23">first call, initialised ahead</text>
${rows.join('\n')}
</svg>
`;
}
