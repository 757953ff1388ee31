/** Says on stderr, from time to time, what is done and how long the rest takes if it goes on like this. */
export class Progress {
  readonly #what: string;
  readonly #total: number;
  readonly #startedAtMs = performance.now();
  #done = 0;

  constructor(what: string, total: number) {
    this.#what = what;
    this.#total = total;
  }

  /** One more of `total` is done. */
  step(): void {
    this.#done += 1;
    const perStepMs = (performance.now() - this.#startedAtMs) / this.#done;
    const left = minutes(perStepMs * (this.#total - this.#done));
    const line = `${this.#what}: ${this.#done} of ${this.#total} samples, ${left} left`;
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
    else if (this.#done % 20 === 0 || this.#done === this.#total) process.stderr.write(`${line}\n`);
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\n');
  }
}

function minutes(ms: number): string {
  return ms < 90_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}
