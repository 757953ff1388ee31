import type { Wait } from './stand-ins-protocol.ts';
import type { Timeline } from './wait.ts';

const ROWS = ['api.oauth.blink.com', 'rest-e008.immedia-semi.com', 'Secrets Manager'];
const WIDTH = 860;
const LEFT = 200;
const RIGHT = 70;
const ROW = 30;
const BAR = 16;
const PANEL = 40 + ROWS.length * ROW;
const TOP = 44;
const TICK_MS = 100;

/** SVG: the recorded handshakes and requests of a cold webhook. */
export function timelineSvg(panels: Readonly<Record<string, Timeline>>): string {
  const longest = Math.max(
    ...Object.values(panels).map(({ startedAtMs, repliedAtMs }) => repliedAtMs - startedAtMs),
  );
  const scale = (WIDTH - LEFT - RIGHT) / longest;
  const x = (ms: number) => Math.round(LEFT + ms * scale);

  const bar = (wait: Wait, startedAtMs: number, top: number) => {
    const from = x(wait.fromMs - startedAtMs);
    const width = Math.max(2, x(wait.toMs - startedAtMs) - from);
    const y = top + ROWS.indexOf(wait.host) * ROW;
    const kind = wait.what === 'handshake' ? 'handshake' : 'request';
    const label =
      width < 40 ? '' : `<text class="on" x="${from + width / 2}" y="${y + 12}">${wait.what}</text>`;
    return `<rect class="${kind}" x="${from}" y="${y}" width="${width}" height="${BAR}" rx="2"><title>${wait.what}</title></rect>${label}`;
  };

  const drawn = Object.entries(panels).map(([title, { startedAtMs, repliedAtMs, waits }], index) => {
    const top = TOP + index * PANEL;
    const tookMs = repliedAtMs - startedAtMs;
    return [
      `<text class="title" x="12" y="${top - 8}">${title}: ${tookMs.toFixed(0)} ms</text>`,
      ...ROWS.map(
        (host, row) => `<text class="host" x="${LEFT - 10}" y="${top + row * ROW + 12}">${host}</text>`,
      ),
      ...waits.filter(({ host }) => ROWS.includes(host)).map((wait) => bar(wait, startedAtMs, top)),
      `<line class="reply" x1="${x(tookMs)}" x2="${x(tookMs)}" y1="${top - 4}" y2="${top + ROWS.length * ROW - 8}"/>`,
    ].join('\n');
  });
  const height = TOP + Object.keys(panels).length * PANEL + 10;
  const ticks = Array.from({ length: Math.floor(longest / TICK_MS) + 1 }, (_, tick) => tick * TICK_MS).map(
    (ms) => `<text class="tick" x="${x(ms)}" y="${height - 6}">${ms}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title">
<title id="title">Handshakes and requests of a cold webhook, in milliseconds from the handler's loading to the reply</title>
<style>
text { font: 12px system-ui, sans-serif; fill: #333 }
.title { font-weight: 600 } .host { text-anchor: end } .tick, .on { text-anchor: middle }
.handshake { fill: #b8c4d2 } .request { fill: #e3a15a } .reply { stroke: #b3261e; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .on { fill: #222 } }
</style>
${[...drawn, ...ticks].join('\n')}
</svg>
`;
}
