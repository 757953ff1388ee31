import { setImmediate } from 'node:timers/promises';
import type { Deadline, Timing } from '../../../lambda/core/time.ts';

interface Timer {
  /** The run that waits, if it is one. */
  readonly run: string;
  readonly dueMs: number;
  readonly fire: () => void;
}

/** A clock that stands still until it is moved, and the waits that hang on it. */
export class VirtualTime {
  nowMs = Date.UTC(2026, 0, 1);
  readonly timing: Timing;
  #timers: Timer[] = [];
  #uuids = 0;

  constructor(random: () => number = () => 0.5) {
    this.timing = {
      random,
      uuid: () => `claim-${++this.#uuids}`,
      nowMs: () => this.nowMs,
      wait: (ms, signal) => this.wait(ms, signal),
    };
  }

  wait(ms: number, signal?: AbortSignal, run = ''): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = { run, dueMs: this.nowMs + ms, fire: resolve };
      this.#timers.push(timer);
      signal?.addEventListener('abort', () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
        reject(new Error('the wait was ended'));
      });
    });
  }

  /** A deadline so long from now. */
  deadline(ms: number): Deadline {
    const endsAtMs = this.nowMs + ms;
    return { remainingMs: () => endsAtMs - this.nowMs };
  }

  /** Advances the clock. Each wait that ends meanwhile is resolved at its moment. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    while (await this.#fireNext(untilMs));
    this.nowMs = untilMs;
    await setImmediate();
  }

  /** When each wait of a run ends, or of all runs. */
  waitsUntilMs(run?: string): readonly number[] {
    return this.#timers.filter((timer) => run === undefined || timer.run === run).map(({ dueMs }) => dueMs);
  }

  /** Advances the clock to the end of the next wait. Resolves to false if there is no wait. */
  jump(): Promise<boolean> {
    return this.#fireNext(Number.POSITIVE_INFINITY);
  }

  /** Carries work to its end: whenever it waits, time passes. */
  async drive<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    const end = work.finally(() => {
      settled = true;
    });
    end.catch(() => undefined);
    await setImmediate();
    while (!settled) {
      if (!(await this.jump())) throw new Error('the work waits for something that never comes');
    }
    return end;
  }

  async #fireNext(untilMs: number): Promise<boolean> {
    const [next] = this.#timers.toSorted((a, b) => a.dueMs - b.dueMs);
    if (next === undefined || next.dueMs > untilMs) return false;
    this.#timers = this.#timers.filter((other) => other !== next);
    this.nowMs = Math.max(this.nowMs, next.dueMs);
    next.fire();
    await setImmediate();
    return true;
  }
}
