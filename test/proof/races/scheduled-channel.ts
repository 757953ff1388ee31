import type { Scheduler } from 'fast-check';
import { type Channel, IN_FLIGHT_MS, LostCall } from '../models/channel.ts';
import type { Sandbox } from '../models/sandbox.ts';
import type { VirtualTime } from '../models/virtual-time.ts';
import type { RunPlan } from './plan.ts';

const ENDS: ReadonlySet<string> = new Set(['put failed', 'put no_answer', 'put refused']);

/**
 * A way on which fast-check's scheduler decides which request of which run arrives next, and which answer. A request whose
 * sender has given up or died arrives all the same, for as long as requests may be in flight.
 */
export class ScheduledChannel implements Channel {
  readonly staleMs: Channel['staleMs'];
  /** When the run ended its claim. It does nothing with the claim afterwards. */
  endedClaimAtMs = Number.POSITIVE_INFINITY;
  readonly #scheduler: Scheduler;
  readonly #time: VirtualTime;
  readonly #sandbox: Sandbox;
  readonly #plan: RunPlan;
  readonly #run: string;
  #calls = 0;

  constructor(
    scheduler: Scheduler,
    time: VirtualTime,
    sandbox: Sandbox,
    run: { readonly id: string; readonly plan: RunPlan; readonly staleMs: Channel['staleMs'] },
  ) {
    this.#scheduler = scheduler;
    this.#time = time;
    this.#sandbox = sandbox;
    this.#plan = run.plan;
    this.#run = run.id;
    this.staleMs = run.staleMs;
  }

  async call<T>(action: string, timeoutMs: number, process: () => T): Promise<T> {
    const number = this.#calls++;
    const dies = this.#plan.dies?.atCall === number;
    if (dies) this.#sandbox.kill();
    if (dies && !this.#plan.dies?.processed) return new Promise(() => undefined);
    const answered = new AbortController();
    const givenUp = this.#time.wait(timeoutMs, answered.signal).then((): never => {
      throw new LostCall('timed_out');
    });
    try {
      return await this.#sandbox.hold(
        Promise.race([this.#carry(action, number, timeoutMs, process), givenUp]),
      );
    } finally {
      answered.abort();
    }
  }

  async #carry<T>(action: string, number: number, timeoutMs: number, process: () => T): Promise<T> {
    const sentAtMs = this.#time.nowMs;
    const mishap = this.#plan.mishaps.find(({ atCall }) => atCall === number)?.mishap;
    await this.#scheduler.schedule(Promise.resolve(), `${this.#run} asks: ${action}`);
    if (mishap === 'unsent') throw new LostCall('unsent');
    if (this.#time.nowMs - sentAtMs > timeoutMs + IN_FLIGHT_MS) throw new LostCall('timed_out');
    const answer = process();
    if (ENDS.has(action)) this.endedClaimAtMs = this.#time.nowMs;
    await this.#scheduler.schedule(Promise.resolve(), `${this.#run} hears: ${action}`);
    if (mishap === 'unanswered') throw new LostCall('unanswered');
    return answer;
  }
}
