import type { DeployedFunction } from './deployment.ts';
import { type FinishedInvocation, LambdaProcess } from './lambda-process.ts';

/** The concurrency quota of a new AWS account. */
const NEW_ACCOUNT_CONCURRENCY = 10;

/** Room for one invocation at a time, and the process that ran the last one. */
interface Place {
  process: LambdaProcess | undefined;
}

/** The function, with one process for each concurrent invocation. Calls above the quota wait; Lambda would throttle them. */
export class Lambda {
  readonly #fn: DeployedFunction;
  readonly #overrides: Readonly<Record<string, string>>;
  readonly #places: readonly Place[];
  /** The last one was used last, so its process is warm. */
  readonly #free: Place[];
  readonly #waiting: ((place: Place) => void)[] = [];

  constructor(
    fn: DeployedFunction,
    overrides: Readonly<Record<string, string>> = {},
    concurrency = NEW_ACCOUNT_CONCURRENCY,
  ) {
    this.#fn = fn;
    this.#overrides = overrides;
    this.#places = Array.from({ length: concurrency }, () => ({ process: undefined }));
    this.#free = [...this.#places];
  }

  async invoke(event: unknown): Promise<FinishedInvocation> {
    const place = this.#free.pop() ?? (await new Promise<Place>((resolve) => this.#waiting.push(resolve)));
    if (!place.process?.alive) place.process = new LambdaProcess(this.#fn, this.#overrides);
    const invocation = await place.process.invoke(event);
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(place);
    else next(place);
    return invocation;
  }

  /** Ends all processes. Their invocations fail, and the next call is a cold start. */
  async kill(): Promise<void> {
    await Promise.all(this.#places.map(({ process }) => process?.kill()));
  }
}
