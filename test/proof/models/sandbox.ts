import type { Timing } from '../../../lambda/core/time.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The process of a run. After it is killed, none of the run's waits ends. */
export class Sandbox {
  readonly timing: Timing;
  readonly killed: Promise<'killed'>;
  readonly kill: () => void;
  #alive = true;

  constructor(time: VirtualTime, run = '') {
    let claims = 0;
    const { promise, resolve } = Promise.withResolvers<'killed'>();
    this.killed = promise;
    this.kill = () => {
      this.#alive = false;
      resolve('killed');
    };
    this.timing = {
      random: time.timing.random,
      // They do not depend on what other runs do, so that states can be compared.
      uuid: run === '' ? time.timing.uuid : () => `claim ${++claims} of ${run}`,
      nowMs: time.timing.nowMs,
      wait: (ms, signal) => this.hold(time.wait(ms, signal, run)),
    };
  }

  async hold<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } finally {
      if (!this.#alive) await new Promise(() => undefined);
    }
  }
}
