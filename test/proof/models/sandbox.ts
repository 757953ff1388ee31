import type { Timing } from '../../../lambda/core/time.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The process of a run. After it is killed, none of the run's waits ends. */
export class Sandbox {
  readonly timing: Timing;
  readonly killed: Promise<'killed'>;
  readonly kill: () => void;
  #alive = true;

  constructor(time: VirtualTime, run = '') {
    const { promise, resolve } = Promise.withResolvers<'killed'>();
    this.killed = promise;
    this.kill = () => {
      this.#alive = false;
      resolve('killed');
    };
    this.timing = {
      random: time.timing.random,
      wait: (ms, signal) => this.hold(time.wait(ms, signal, run)),
    };
  }

  get alive(): boolean {
    return this.#alive;
  }

  async hold<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } finally {
      if (!this.#alive) await new Promise(() => undefined);
    }
  }
}
