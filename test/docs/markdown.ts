import { readFileSync } from 'node:fs';

/** A document's section by its heading: from there to the next heading of the same or a higher level. */
export function sectionOf(document: string, heading: string): string {
  const lines = readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8').split('\n');
  const from = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (from < 0) throw new Error(`${document} has no section "${heading}"`);
  const level = /^#+/.exec(lines[from] ?? '')?.[0].length ?? 0;
  const length = lines.slice(from + 1).findIndex((line) => (/^(#+) /.exec(line)?.[1]?.length ?? 7) <= level);
  return lines.slice(from, length < 0 ? undefined : from + 1 + length).join('\n');
}

/** What stands in its fenced blocks of a language, without the indentation of a list. */
export function blocksOf(markdown: string, language: string): readonly string[] {
  const fence = new RegExp(`^( *)\`\`\`${language}\\n(.*?)^ *\`\`\`$`, 'gms');
  return [...markdown.matchAll(fence)].map(([, indent = '', block = '']) =>
    block.replace(new RegExp(`^${indent}`, 'gm'), ''),
  );
}

/** The first table below a heading: a row's label, and its other cells. */
export function tableOf(document: string, heading: string): ReadonlyMap<string, readonly string[]> {
  const lines = /^\|.*\n\|[-:| ]+\n((?:\|.*\n)+)/m.exec(sectionOf(document, heading))?.[1] ?? '';
  const rows = lines
    .trim()
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return new Map(rows.map(([label = '', ...cells]) => [label, cells]));
}
