import { appendFileSync, readFileSync } from 'node:fs';
import * as v from 'valibot';

const partSchema = v.object({ part: v.string(), numbers: v.record(v.string(), v.number()) });

/** Whether this is the long form, `npm run proof`. */
export const isLong = process.env['PROOF'] === 'long';

/** The one line that a part of the proof ends with. */
export function figures(part: string, numbers: Readonly<Record<string, number>>): void {
  const told = Object.entries(numbers).map(([name, number]) => `${number} ${spaced(name)}`);
  console.log(`proof, ${part}: ${told.join(', ')}`);
  const file = process.env['PROOF_FIGURES'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ part, numbers })}\n`);
}

/** The last line: the sums of the figures that the parts have appended to the file. */
export function summary(file: string): string {
  const parts = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => v.parse(partSchema, JSON.parse(line)));
  const sum = (name: string, of = parts) =>
    of.reduce((total, { numbers }) => total + (numbers[name] ?? 0), 0).toLocaleString('en-US');
  const exhaustive = parts.filter(({ part }) => part === 'exhaustive');
  return [
    `proof: ${sum('schedules', exhaustive)} schedules played for ${sum('interleavings', exhaustive)} interleavings`,
    `${sum('doubleSpends')} double spends`,
    `${sum('silentLosses')} silent losses`,
    `${sum('stuckSessions')} stuck sessions`,
  ].join(', ');
}

function spaced(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
