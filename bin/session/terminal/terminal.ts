import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import { wrap } from '../../../local/wrap.ts';
import type { CommandError } from '../errors/command-error.ts';

type Style = Parameters<typeof styleText>[0];

export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(mode: boolean): unknown };
  readonly stdout: Screen;
  readonly stderr: Screen;
}

type Screen = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Between two lines of progress in a log. */
const LINE_EVERY_MS = 30_000;

/**
 * What a command prints. Only the result goes to stdout: lines for a person, or one document with `--json`. Everything else,
 * the questions included, goes to stderr.
 */
export class Terminal {
  readonly streams: Streams;
  readonly json: boolean;

  constructor(streams: Streams, json: boolean) {
    this.streams = streams;
    this.json = json;
  }

  result(document: object, lines: readonly string[]): void {
    const { stdout } = this.streams;
    stdout.write(this.json ? `${JSON.stringify(document)}\n` : fitted(`${lines.join('\n')}\n`, stdout));
  }

  /** Ends a command that failed. With `--json` this is a document too, so that there is always one. */
  failure(error: CommandError): void {
    if (this.json) this.streams.stdout.write(`${JSON.stringify({ error: error.document })}\n`);
    else this.problem(error);
  }

  /** A failure after which the command continues. */
  problem({ message, advice }: CommandError): void {
    const lines = [
      styleText('red', message, { stream: this.streams.stderr }),
      ...advice.map((line) => `  ${line}`),
    ];
    this.streams.stderr.write(fitted(`${lines.join('\n')}\n`, this.streams.stderr));
  }

  /** What `--verbose` asks for, with `--json` too. */
  detail(text: string): void {
    this.streams.stderr.write(`${text}\n`);
  }

  /** Progress; left out with `--json`. */
  note(text: string): void {
    if (!this.json) this.streams.stderr.write(fitted(`${text}\n`, this.streams.stderr));
  }

  /**
   * Shows what the command waits for: a spinner on a terminal, otherwise a line. `work` may show how far it is, on a terminal
   * each time, otherwise in a line every half a minute.
   */
  async progress<T>(text: string, work: (show: (text: string) => void) => Promise<T>): Promise<T> {
    if (this.json) return work(() => {});
    if (!this.streams.stderr.isTTY) {
      this.note(`${text} …`);
      return work(this.#nowAndThen());
    }
    const { default: ora } = await import('ora');
    // Otherwise the spinner, which discards what is typed meanwhile, would miss a Ctrl-C.
    if (this.streams.stdin.isTTY) this.streams.stdin.pause();
    const spinner = ora({ text, stream: this.streams.stderr }).start();
    try {
      return await work((shown) => {
        spinner.text = shown;
      });
    } finally {
      spinner.stop();
    }
  }

  #nowAndThen(): (text: string) => void {
    let nextAtMs = performance.now() + LINE_EVERY_MS;
    return (text) => {
      if (performance.now() < nextAtMs) return;
      nextAtMs = performance.now() + LINE_EVERY_MS;
      this.note(text);
    };
  }

  /** For stdout. Without colours if it is no terminal or NO_COLOR is set. */
  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.streams.stdout });
  }
}

/** A pipe or a file gets each line whole. */
function fitted(text: string, { isTTY, columns }: Screen): string {
  return isTTY && columns !== undefined ? wrap(text, columns) : text;
}
