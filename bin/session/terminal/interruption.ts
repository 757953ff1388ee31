import { constants } from 'node:os';
import { type CommandError, Interrupted } from '../errors/command-error.ts';
import type { Terminal } from './terminal.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ends the process on a signal, except while `hold` waits for its work. */
export class Interruption {
  /** The exit code of the command, if a signal came during `hold`. */
  exitCode: number | undefined;
  /** What is shown if a signal ends the process. */
  words: Pick<CommandError, 'message' | 'advice'> = { message: 'Interrupted.', advice: [] };
  readonly #terminal: Terminal;
  #held = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    for (const signal of SIGNALS) process.on(signal, this.#end);
  }

  /** Lets `work` finish before a signal ends the process. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#held = true;
    try {
      return await work();
    } finally {
      this.#held = false;
    }
  }

  /** Throws if a signal came during `hold`, so that the command does nothing more. */
  stopIfCame(message: string): void {
    if (this.exitCode !== undefined) throw new Interrupted(message, this.exitCode);
  }

  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#end);
  }

  readonly #end = (signal: (typeof SIGNALS)[number]): void => {
    // As shells report it.
    this.exitCode = 128 + constants.signals[signal];
    if (this.#held) {
      this.#terminal.note('One moment: stopping now could lose the session.');
      return;
    }
    const { message, advice } = this.words;
    this.#terminal.failure(new Interrupted(message, this.exitCode, advice));
    process.exit(this.exitCode);
  };
}
