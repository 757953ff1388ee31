import { readFileSync } from 'node:fs';

const SOURCE = readFileSync(new URL('../../lib/given-settings.ts', import.meta.url), 'utf8');

const DOCUMENTED = /\/\*\*\n((?: +\* .*\n)+) +\* @default (.*)\n +\*\/\n +readonly (\w+)\?:/g;

/** The comment of each setting: its description, and its default in TypeScript. */
export const SETTING_DOCUMENTS: ReadonlyMap<string, { description: string; defaultValue: string }> = new Map(
  [...SOURCE.matchAll(DOCUMENTED)].map(([, text = '', defaultValue = '', name = '']) => [
    name,
    { description: unwrapped(text), defaultValue },
  ]),
);

function unwrapped(comment: string): string {
  return comment
    .replaceAll(/^ +\* /gm, '')
    .trim()
    .replaceAll('\n', ' ');
}
