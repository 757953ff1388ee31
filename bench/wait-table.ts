import { memoryByRule, millionCallsUsd } from './costs.ts';
import { blinkMs, CALLS, type Delays, limitMs } from './network.ts';
import type { Distribution } from './statistics.ts';
import type { WaitResults } from './wait.ts';

/** Markdown: a row for each memory, and one for the limit. */
export function waitTable({ byMemory, nodeMs }: WaitResults, delays: Delays): string {
  const rows = [...byMemory].map(([memoryMb, waits]) => {
    const cells = CALLS.flatMap((call) => [ms(waits.this[call]), ms(waits.baseline[call])]);
    const cold = millionCallsUsd(memoryMb, nodeMs + waits.this.cold.median);
    const idle = millionCallsUsd(memoryMb, waits.this.idle.median);
    return [memoryMb.toLocaleString('en-US'), ...cells, cold.toFixed(2), idle.toFixed(2)];
  });
  const limit = ['the limit', ...CALLS.flatMap((call) => [String(limitMs(call, delays)), '']), '', ''];
  return [
    '| Memory, MB | cold webhook, ms | baseline | after idling, ms | baseline | warm, ms | baseline | US$ for a million cold | US$ for a million after idling |',
    '|---|--:|--:|--:|--:|--:|--:|--:|--:|',
    ...[...rows, limit].map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
}

/** One sentence for a person who decides, and the time that Lambda bills. */
export function summary(
  { byMemory, scheduled, nodeMs }: WaitResults,
  usualMb: number,
  delays: Delays,
): string {
  const cold = byMemory.get(usualMb)?.this.cold.median ?? Number.NaN;
  return [
    `A cold webhook takes ${seconds(cold)} s, a nightly run ${seconds(scheduled.median)} s; of that, ${seconds(blinkMs(delays))} s is Blink.`,
    '',
    `That is at ${usualMb} MB. Lambda bills ${seconds(nodeMs + scheduled.median)} s for the nightly run, with the start of Node.`,
  ].join('\n');
}

export function ruleOf({ byMemory }: WaitResults): string {
  return `The least memory within 10 % of the best latency of cold and idle calls is **${memoryByRule(byMemory)} MB**.`;
}

export function delaysText({ blinkAwayMs, blinkWorkMs, secretsAwayMs, secretsWorkMs }: Delays): string {
  return `Blink is ${blinkAwayMs} ms away (one round trip) and works ${blinkWorkMs} ms on a handshake and on a request; Secrets Manager is ${secretsAwayMs} ms away and works ${secretsWorkMs} ms`;
}

function ms({ median, min }: Distribution): string {
  return `${median.toFixed(0)} (${min.toFixed(0)})`;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(2);
}
