/** Returns the time in milliseconds since the epoch. */
export interface Clock {
  nowMs(): number;
}

/** The machine's clock, which a test can move forward. */
export class SettableClock implements Clock {
  #aheadMs = 0;

  nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  advanceMs(ms: number): void {
    this.#aheadMs += ms;
  }
}
