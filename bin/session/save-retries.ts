import { isAccessDenied } from '../../lambda/core/vault/secrets-failure.ts';
import type { CommandError } from './errors/command-error.ts';
import type { Terminal } from './terminal/terminal.ts';

/** A save that works within this time needs no words. */
const QUIET_MS = 3_000;

/**
 * Tells once why a save is repeated. A denial is told at once: while the save is repeated, the user can add the permission and
 * so keep the token.
 */
export class SaveRetries {
  readonly #terminal: Terminal;
  readonly #explain: (cause: unknown) => Promise<CommandError>;
  #timer: NodeJS.Timeout | undefined;
  #isTold = false;
  #cause: unknown;

  constructor(terminal: Terminal, explain: (cause: unknown) => Promise<CommandError>) {
    this.#terminal = terminal;
    this.#explain = explain;
  }

  add(cause: unknown): void {
    this.#cause = cause;
    if (isAccessDenied(cause)) void this.#tellOnce();
    else this.#timer ??= setTimeout(() => void this.#tellOnce(), QUIET_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  async #tellOnce(): Promise<void> {
    if (this.#isTold) return;
    this.#isTold = true;
    const explained = await this.#explain(this.#cause);
    if (explained.code === 'access_denied') this.#terminal.problem(explained);
    else this.#terminal.note(explained.message);
    this.#terminal.note(
      'The new refresh token is not stored yet. The command repeats the save until its time is over.',
    );
  }
}
