import type { Timing } from '../../../lambda/core/time.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The ids of a run's claims can be told in advance, so that states can be compared. */
export function claimId(run: string, number: number): string {
  return `claim ${number} of ${run}`;
}

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
      uuid: run === '' ? time.timing.uuid : () => claimId(run, ++claims),
      nowMs: time.timing.nowMs,
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
