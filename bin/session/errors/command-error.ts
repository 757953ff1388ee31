/** A fault in a person's words, and what can be done about it. Neither holds anything that was typed or received. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: string;
  readonly advice: readonly string[];

  constructor(code: string, message: string, advice: readonly string[] = [], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.advice = advice;
  }
}

/** The command line is not of the form. */
export class UsageError extends CommandError {
  constructor(message: string, advice: readonly string[] = []) {
    super('usage', message, advice);
  }
}
