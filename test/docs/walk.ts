import { readFileSync } from 'node:fs';

/** A block of shell commands on a page, and what stands with it. */
export interface Step {
  readonly section: string;
  readonly commands: string;
  /** The comment above it, such as `not run: needs AWS`. */
  readonly mark: string | undefined;
  /** The block of JSON below it, if there is one. `…` stands for any text. */
  readonly shown: string | undefined;
}

const STEP = /(?:^ *<!-- ([^>\n]*) -->\n)?^( *)```sh\n(.*?)^ *```\n(?:\n *```json\n(.*?)^ *```\n)?/gms;

/** The steps of a page, in their order. */
export function stepsOf(document: string): readonly Step[] {
  const text = readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8');
  return [...text.matchAll(STEP)].map((found) => {
    const [, mark, indent = '', block = '', shown] = found;
    const [heading = ''] =
      text
        .slice(0, found.index)
        .match(/^#+ .*$/gm)
        ?.slice(-1) ?? [];
    return {
      section: heading.replace(/^#+ /, ''),
      commands: block.replaceAll(new RegExp(`^${indent}`, 'gm'), '').trim(),
      mark,
      shown: shown?.trim(),
    };
  });
}

/** Matches the text that a page shows. */
export function asShown(shown: string): RegExp {
  const literal = shown.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`${literal.replaceAll('…', '.*?')}\\s*$`, 's');
}
