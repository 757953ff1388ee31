import { stripVTControlCharacters } from 'node:util';

/** A command line at the end of a text. It is not broken, so that it can be pasted. */
const COMMAND = /(?<=^|\s)(?:aws|cat|npm|npx|'[^']*bin\/blink-logout'|\S*bin\/blink-logout) \S.*$/;

/** Breaks each line at spaces, so that it fits into a terminal's columns. The parts of a line have its indentation. */
export function wrap(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns))
    .join('\n');
}

function wrapLine(line: string, columns: number): string {
  const indentation = /^ */.exec(line)?.[0] ?? '';
  const [command = ''] = COMMAND.exec(line) ?? [];
  const words = line.slice(indentation.length, line.length - command.length).match(/\S+ */g) ?? [];
  const lines: string[] = [];
  let current = indentation;
  for (const word of command === '' ? words : [...words, command]) {
    const isFull = stripVTControlCharacters(current + word.trimEnd()).length > columns;
    if (isFull && current.trim() !== '') {
      lines.push(current.trimEnd());
      current = indentation;
    }
    current += word;
  }
  return [...lines, current].join('\n');
}
