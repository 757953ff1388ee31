import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** `npm run picture`: writes docs/terminal.svg from what a local run shows of the webhook, the schedule and the fleet. */

const [FROM, TO] = ['3. By the webhook', 'Each logout used'];
const [LINE_HEIGHT_PX, CHARACTER_PX, MARGIN_PX] = [18, 7.9, 16];

const inProject = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const shown = execFileSync(process.execPath, [inProject('local.ts')], {
  encoding: 'utf8',
  env: { ...process.env, NO_COLOR: '1' },
});
const lines = shown.slice(shown.indexOf(FROM), shown.indexOf('\n', shown.indexOf(TO))).split('\n');
const all = ['$ npm start', '…', ...lines];

const height = 2 * MARGIN_PX + all.length * LINE_HEIGHT_PX;
const width = Math.ceil(2 * MARGIN_PX + Math.max(...all.map((line) => line.length)) * CHARACTER_PX);
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const texts = all.map(
  (line, n) =>
    `  <text x="${MARGIN_PX}" y="${MARGIN_PX + (n + 0.75) * LINE_HEIGHT_PX}" class="${classOf(line)}">${escaped(line)}</text>`,
);

function classOf(line: string): string {
  if (line.includes('✓')) return 'done';
  return /^(\$|\d\.)/.test(line) ? 'step' : 'line';
}

writeFileSync(
  inProject('../docs/terminal.svg'),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
  <title>A logout by the webhook, one by the schedule, and one of all sessions</title>
  <style>
    rect { fill: #f6f8fa }
    text { font: 13px ui-monospace, Menlo, Consolas, monospace; white-space: pre; fill: #424a53 }
    .step { font-weight: bold; fill: #1f2328 }
    .done { fill: #1a7f37 }
    @media (prefers-color-scheme: dark) {
      rect { fill: #161b22 }
      text { fill: #b1bac4 }
      .step { fill: #f0f6fc }
      .done { fill: #3fb950 }
    }
  </style>
  <rect width="100%" height="100%" rx="8"/>
${texts.join('\n')}
</svg>
`,
);
