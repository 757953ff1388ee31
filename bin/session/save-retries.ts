import { isAccessDenied } from '../../lambda/core/vault/secrets-failure.ts';

/** A save that works within this time needs no words. */
const QUIET_MS = 3_000;

/**
 * Tells once why a save is repeated. A denial is told at once: while the save is repeated, the user can add the permission and
 * so keep the token.
 */
export class SaveRetries {
  readonly #tell: (cause: unknown) => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #isTold = false;
  #cause: unknown;

  constructor(tell: (cause: unknown) => Promise<void>) {
    this.#tell = tell;
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
    await this.#tell(this.#cause);
  }
}
