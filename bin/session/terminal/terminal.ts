import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { CommandError } from '../errors/command-error.ts';

type Style = Parameters<typeof styleText>[0];

export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

/**
 * What a command says. The result alone goes to stdout: lines for a person, or with `--json` one document. All else, the
 * questions included, goes to stderr, so that a pipe gets the result and nothing more.
 */
export class Terminal {
  readonly streams: Streams;
  readonly json: boolean;

  constructor(streams: Streams, json: boolean) {
    this.streams = streams;
    this.json = json;
  }

  result(document: object, lines: readonly string[]): void {
    this.streams.stdout.write(`${this.json ? JSON.stringify(document) : lines.join('\n')}\n`);
  }

  /** How a command that failed ends: for a script a document too, so that there always is one. */
  failure({ code, message, advice }: CommandError): void {
    if (this.json) {
      this.streams.stdout.write(`${JSON.stringify({ error: { code, message, advice } })}\n`);
      return;
    }
    const lines = [this.styleNote('red', message), ...advice.map((line) => `  ${line}`)];
    this.streams.stderr.write(`${lines.join('\n')}\n`);
  }

  /** Said while the command is at work; scripts are spared it. */
  note(text: string): void {
    if (!this.json) this.streams.stderr.write(`${text}\n`);
  }

  /** Shows that something is awaited: a spinner on a terminal, else a line. */
  async progress<T>(text: string, work: () => Promise<T>): Promise<T> {
    if (this.json) return work();
    if (!this.streams.stderr.isTTY) {
      this.note(`${text} …`);
      return work();
    }
    const { default: ora } = await import('ora');
    // Else the spinner, which takes what is typed meanwhile, would not hear a Ctrl-C.
    if (this.streams.stdin.isTTY) this.streams.stdin.pause();
    const spinner = ora({ text, stream: this.streams.stderr }).start();
    try {
      return await work();
    } finally {
      spinner.stop();
    }
  }

  /** For what goes to stdout. No colours where nobody would see them, nor where NO_COLOR is set. */
  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.streams.stdout });
  }

  styleNote(style: Style, text: string): string {
    return styleText(style, text, { stream: this.streams.stderr });
  }
}
