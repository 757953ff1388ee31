import type { DeployedFunction } from './deployment.ts';
import { type FinishedInvocation, LambdaProcess } from './lambda-process.ts';

/** The concurrency quota of a new AWS account. */
const NEW_ACCOUNT_CONCURRENCY = 10;

/** The function, with one process for each concurrent invocation. Calls above the quota wait; Lambda would throttle them. */
export class Lambda {
  readonly #fn: DeployedFunction;
  readonly #overrides: Readonly<Record<string, string>>;
  readonly #concurrency: number;
  readonly #processes = new Set<LambdaProcess>();
  readonly #idle: LambdaProcess[] = [];
  readonly #waiting: (() => void)[] = [];

  constructor(
    fn: DeployedFunction,
    overrides: Readonly<Record<string, string>> = {},
    concurrency = NEW_ACCOUNT_CONCURRENCY,
  ) {
    this.#fn = fn;
    this.#concurrency = concurrency;
    this.#overrides = overrides;
  }

  async invoke(event: unknown): Promise<FinishedInvocation> {
    const lambdaProcess = await this.#acquire();
    try {
      return await lambdaProcess.invoke(event);
    } finally {
      this.#release(lambdaProcess);
    }
  }

  /** Ends all processes. Their invocations fail, and the next call is a cold start. */
  async kill(): Promise<void> {
    await Promise.all([...this.#processes].map((lambdaProcess) => lambdaProcess.kill()));
  }

  async #acquire(): Promise<LambdaProcess> {
    for (;;) {
      const idle = this.#idle.pop();
      if (idle?.alive) return idle;
      if (idle !== undefined) this.#processes.delete(idle);
      else if (this.#processes.size < this.#concurrency) {
        const started = new LambdaProcess(this.#fn, this.#overrides);
        this.#processes.add(started);
        return started;
      } else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #release(lambdaProcess: LambdaProcess): void {
    if (lambdaProcess.alive) this.#idle.push(lambdaProcess);
    else this.#processes.delete(lambdaProcess);
    this.#waiting.shift()?.();
  }
}
