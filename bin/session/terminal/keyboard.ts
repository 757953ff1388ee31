import { PassThrough } from 'node:stream';
import type { Streams } from './terminal.ts';

const CTRL_C = 0x03;
const CTRL_D = 0x04;

/**
 * Hands one line to each prompt. Lines that were pasted at once wait for the next prompts; a prompt would drop them with its
 * readline interface.
 */
export class Keyboard {
  readonly #stdin: Streams['stdin'];
  #pasted = Buffer.alloc(0);
  #lineIsOver = false;

  constructor(stdin: Streams['stdin']) {
    this.#stdin = stdin;
  }

  async forOneLine<T>(prompt: (line: NodeJS.ReadableStream) => Promise<T>): Promise<T> {
    const line = Object.assign(new PassThrough(), {
      setRawMode: (mode: boolean) => this.#stdin.setRawMode?.(mode),
    });
    const take = (typed: Buffer) => {
      this.#pasted = Buffer.concat([this.#pasted, typed]);
      if (this.#lineIsOver) return;
      const [lineAndEnd] = /^[^\r\n]*(\r\n|\r|\n)/.exec(this.#pasted.toString('latin1')) ?? [];
      const length = lineAndEnd?.length ?? this.#pasted.length;
      // A prompt that Ctrl-D has closed never settles.
      const next = this.#pasted.subarray(0, length).map((byte) => (byte === CTRL_D ? CTRL_C : byte));
      this.#pasted = this.#pasted.subarray(length);
      this.#lineIsOver = lineAndEnd !== undefined;
      line.write(next);
    };
    this.#lineIsOver = false;
    const answer = prompt(line);
    take(Buffer.alloc(0));
    this.#stdin.on('data', take).resume();
    try {
      return await answer;
    } finally {
      this.#stdin.off('data', take).pause();
    }
  }

  /** Whether there were any. What is typed from now on belongs to the current prompt. */
  dropPasted(): boolean {
    const hadLines = this.#pasted.toString().trim() !== '';
    this.#pasted = Buffer.alloc(0);
    this.#lineIsOver = false;
    return hadLines;
  }
}
