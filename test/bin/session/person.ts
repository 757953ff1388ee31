import { EventEmitter, once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { spawn } from '@lydell/node-pty';

/** A person at a terminal, who waits for what is shown and then types. */
export interface Person {
  /** Resolves once it is shown, after what was seen before. Where a line is broken does not matter. */
  sees(text: string): Promise<void>;
  types(text: string): void;
  exitCode(): Promise<number>;
  /** All that was shown, as it came: colours and cursor moves included. */
  shown(): string;
}

export const ENTER = '\r';
export const DOWN = '\x1b[B';
export const CTRL_C = '\x03';
export const CTRL_D = '\x04';

export function sitDown(command: string, args: readonly string[]): Person {
  const terminal = spawn(command, [...args], { cols: 80, rows: 40, env: colourfulEnvironment() });
  const changes = new EventEmitter();
  let shown = '';
  let seen = 0;
  terminal.onData((data) => {
    shown += data;
    changes.emit('change');
  });
  let hasExited = false;
  const exited = new Promise<number>((resolve) => {
    terminal.onExit(({ exitCode }) => {
      hasExited = true;
      resolve(exitCode);
      changes.emit('change');
    });
  });

  return {
    async sees(text) {
      for (;;) {
        const plain = stripVTControlCharacters(shown).replaceAll(/\s+/g, ' ');
        const at = plain.indexOf(text, seen);
        if (at !== -1) {
          seen = at + text.length;
          return;
        }
        if (hasExited) throw new Error(`it ended before it showed "${text}":\n${plain.slice(seen)}`);
        await once(changes, 'change');
      }
    },
    types: (text) => terminal.write(text),
    exitCode: () => exited,
    shown: () => shown,
  };
}

function colourfulEnvironment(): NodeJS.ProcessEnv {
  // A person is not a build server, for which Node and ora leave colours out.
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...rest } = process.env;
  return rest;
}
