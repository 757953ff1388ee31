import { PassThrough } from 'node:stream';
import type { Streams } from './terminal.ts';

const CTRL_C = 0x03;
const CTRL_D = 0x04;

/** Hands to a prompt what is typed. Of lines that are pasted at once, it gets the first: it would show the next, a password. */
export async function atKeyboard<T>(
  stdin: Streams['stdin'],
  prompt: (input: NodeJS.ReadableStream) => Promise<T>,
): Promise<T> {
  const input = Object.assign(new PassThrough(), {
    setRawMode: (mode: boolean) => stdin.setRawMode?.(mode),
  });
  const take = (typed: Buffer) => {
    const [line = ''] = /^[^\r\n]*(\r\n|\r|\n)?/.exec(typed.toString('latin1')) ?? [];
    // A prompt that Ctrl-D has closed never settles.
    input.write(typed.subarray(0, line.length).map((byte) => (byte === CTRL_D ? CTRL_C : byte)));
  };
  stdin.on('data', take).resume();
  try {
    return await prompt(input);
  } finally {
    stdin.off('data', take).pause();
  }
}
