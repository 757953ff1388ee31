import { EventEmitter, once } from 'node:events';
import { constants, openSync } from 'node:fs';
import { ReadStream, WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';
import { type IPty, spawn } from '@lydell/node-pty';
import { vi } from 'vitest';
import type { Streams } from '../../../bin/session/terminal/terminal.ts';

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

/** A person is not a build server, for which Node and ora leave colours out. */
const COLOURFUL = { NO_COLOR: undefined, FORCE_COLOR: undefined, CI: undefined, TERM: 'xterm' };

/** At the terminal of a process. */
export function sitDown(command: string, args: readonly string[]): Person {
  const terminal = open(command, args);
  return personAt(terminal, endOf(terminal));
}

/** Nothing is shown after it. */
const END = '\x07\x07';

/** At a terminal that a function of this process uses. Its Ctrl-C is a character, never a signal. */
export async function sitDownWith(run: (streams: Streams) => Promise<number>): Promise<Person> {
  const holder = open('sh', ['-c', 'tty && exec sleep 600']);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const person = personAt(holder, promise);
  await person.sees(' ');
  const descriptor = () => openSync(person.shown().trim(), constants.O_RDWR | constants.O_NOCTTY);
  const streams = {
    stdin: new ReadStream(descriptor()),
    stdout: new Output(descriptor()),
    stderr: new Output(descriptor()),
  };
  const isShown = new Promise<void>((done) => {
    holder.onData(() => {
      if (person.shown().includes(END)) done();
    });
  });
  const ran = run(streams).finally(async () => {
    streams.stdout.write(END);
    await isShown;
    for (const stream of Object.values(streams)) stream.destroy();
    holder.kill();
  });
  ran.then(resolve, reject);
  return person;
}

/** As `process.stderr`, a prompt that is piped into it does not end it. */
class Output extends WriteStream {
  override end(): this {
    return this;
  }
}

function open(command: string, args: readonly string[]): IPty {
  for (const [name, value] of Object.entries(COLOURFUL)) vi.stubEnv(name, value);
  return spawn(command, [...args], { cols: 80, rows: 40, env: process.env });
}

/** Comes after all that was shown. */
function endOf(terminal: IPty): Promise<number> {
  return new Promise((resolve) => {
    terminal.onExit(({ exitCode }) => resolve(exitCode));
  });
}

function personAt(terminal: IPty, exitCode: Promise<number>): Person {
  const changes = new EventEmitter();
  let shown = '';
  let seen = 0;
  let hasEnded = false;
  terminal.onData((data) => {
    shown += data;
    changes.emit('change');
  });
  exitCode.finally(() => {
    hasEnded = true;
    changes.emit('change');
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
        if (hasEnded) throw new Error(`it ended before it showed "${text}":\n${plain.slice(seen)}`);
        await once(changes, 'change');
      }
    },
    types: (text) => terminal.write(text),
    exitCode: () => exitCode,
    shown: () => shown,
  };
}
