/** Returns the time in milliseconds since the epoch. */
export interface Clock {
  nowMs(): number;
}

/** The machine's clock, which a test can move forward. It never goes back. */
export class SettableClock implements Clock {
  #aheadMs = 0;
  #lastMs = 0;

  nowMs(): number {
    this.#lastMs = Math.max(this.#lastMs, Date.now() + this.#aheadMs);
    return this.#lastMs;
  }

  advanceMs(ms: number): void {
    if (ms < 0) throw new RangeError('a clock only goes forward');
    this.#aheadMs += ms;
  }
}
