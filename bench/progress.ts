/** Prints on stderr how many samples are taken, and how long the others will take. */
export class Progress {
  readonly #what: string;
  readonly #total: number;
  readonly #startedAtMs = performance.now();
  #done = 0;

  constructor(what: string, total: number) {
    this.#what = what;
    this.#total = total;
  }

  step(): void {
    this.#done += 1;
    const perStepMs = (performance.now() - this.#startedAtMs) / this.#done;
    const left = minutes(perStepMs * (this.#total - this.#done));
    const line = `${this.#what}: ${this.#done} of ${this.#total} samples, ${left} left`;
    const isOver = this.#done === this.#total;
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}${isOver ? '\n' : ''}`);
    else if (this.#done % 20 === 0 || isOver) process.stderr.write(`${line}\n`);
  }
}

function minutes(ms: number): string {
  return ms < 90_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}
