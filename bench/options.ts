import { parseArgs } from 'node:util';
import { readSettings } from '../lib/read-settings.ts';
import { DEFAULT_DELAYS, type Delays } from './network.ts';

export interface Options {
  readonly rounds: number;
  readonly warmCalls: number;
  readonly memoriesMb: readonly number[];
  /** The memory that the targets are for: the setting's default or, if that is not measured, the first. */
  readonly usualMb: number;
  readonly delays: Delays;
}

const defaultMb = readSettings({}).memoryMb;

/** Throws a RangeError that names the option if a value is not a whole number. */
export function readOptions(words: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...words],
    options: {
      rounds: { type: 'string', default: '20' },
      calls: { type: 'string', default: '2000' },
      memory: { type: 'string', default: '128,256,512,1024,1769' },
      'blink-away': { type: 'string', default: String(DEFAULT_DELAYS.blinkAwayMs) },
      'blink-work': { type: 'string', default: String(DEFAULT_DELAYS.blinkWorkMs) },
      'secrets-away': { type: 'string', default: String(DEFAULT_DELAYS.secretsAwayMs) },
      'secrets-work': { type: 'string', default: String(DEFAULT_DELAYS.secretsWorkMs) },
    },
  });
  const number = (name: keyof typeof values, text: string = values[name]) => {
    if (!/^\d{1,6}$/.test(text))
      throw new RangeError(`--${name} was given as ${text}; accepted is a whole number`);
    return Number(text);
  };
  const memoriesMb = values.memory.split(',').map((text) => number('memory', text));
  return {
    rounds: Math.max(1, number('rounds')),
    warmCalls: Math.max(5, number('calls')),
    memoriesMb,
    usualMb: memoriesMb.find((memoryMb) => memoryMb === defaultMb) ?? memoriesMb[0] ?? defaultMb,
    delays: {
      blinkAwayMs: number('blink-away'),
      blinkWorkMs: number('blink-work'),
      secretsAwayMs: number('secrets-away'),
      secretsWorkMs: number('secrets-work'),
    },
  };
}
