/** What tells the time: milliseconds since the epoch. */
export interface Clock {
  nowMs(): number;
}

/** The clock of a stand-in: the machine's, moved ahead as far as a test wants. It never goes back. */
export class SettableClock implements Clock {
  #aheadMs = 0;
  #lastMs = 0;

  nowMs(): number {
    this.#lastMs = Math.max(this.#lastMs, Date.now() + this.#aheadMs);
    return this.#lastMs;
  }

  advanceMs(ms: number): void {
    if (ms < 0) throw new RangeError('a clock goes forward only');
    this.#aheadMs += ms;
  }
}
