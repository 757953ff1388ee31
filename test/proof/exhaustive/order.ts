/** A request that has been sent and is not processed yet. */
export interface Request {
  readonly run: string;
  readonly action: string;
  /** Processes it. What it did, for a request that may change something; else only the run has learned something. */
  process(): { readonly changes: boolean; readonly answer: string };
}

/**
 * What has happened so far in a schedule. Two orders lead to the same state if the requests that can change something were
 * processed in the same order, between the same passages of time, and each run has received the same answers.
 */
export class Order {
  readonly pending: Request[] = [];
  /** When each change was made. */
  readonly changesAtMs: number[] = [];
  #passages = 0;
  readonly #changes: string[] = [];
  readonly #received = new Map<string, string[]>();

  /** All that shaped the secret and Blink's tokens. */
  get changes(): string {
    return this.#changes.join('; ');
  }

  /** Of the state: equal for equal states. */
  get state(): string {
    const pending = this.pending.map(({ run, action }) => `${run} ${action}`).toSorted();
    return JSON.stringify([this.#changes, [...this.#received].toSorted(), pending]);
  }

  processNext(index: number, nowMs: number): void {
    const [request] = this.pending.splice(index, 1);
    if (request === undefined) throw new Error('there is no such request');
    const { run, action } = request;
    const { changes, answer } = request.process();
    if (changes) {
      this.#changes.push(`${run} ${action}`);
      this.changesAtMs.push(nowMs);
    }
    this.receive(run, `${action}: ${answer}`);
  }

  receive(run: string, what: string): void {
    this.#received.set(run, [...(this.#received.get(run) ?? []), `${this.#passages} ${what}`]);
  }

  /** Time passes until the next moment that a run waits for. */
  pass(): void {
    this.#passages += 1;
    this.#changes.push('time passes');
  }
}
