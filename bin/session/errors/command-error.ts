/** A failure as the user reads it, and what to do about it. Neither text contains anything that was typed or received. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: string;
  readonly advice: readonly string[];
  readonly exitCode: number = 1;

  constructor(code: string, message: string, advice: readonly string[] = [], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.advice = advice;
  }

  get document(): { readonly code: string; readonly message: string; readonly advice: readonly string[] } {
    return { code: this.code, message: this.message, advice: this.advice };
  }
}

/** Invalid command line, or an invalid setting in the environment. */
export class UsageError extends CommandError {
  override readonly exitCode = 2;

  constructor(message: string, advice: readonly string[] = []) {
    super('usage', message, advice);
  }
}

/** Ctrl-C, or another signal that ends the process: 128 and the signal's number, as shells report it. */
export class Interrupted extends CommandError {
  override readonly exitCode: number;

  constructor(message: string, exitCode = 130, advice: readonly string[] = []) {
    super('interrupted', message, advice);
    this.exitCode = exitCode;
  }
}
