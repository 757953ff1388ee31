import type { Scheduler } from 'fast-check';
import { type Channel, LostCall } from '../models/channel.ts';
import type { Sandbox } from '../models/sandbox.ts';
import type { VirtualTime } from '../models/virtual-time.ts';
import type { RunPlan } from './plan.ts';

/** What is still on its way after so long is lost. Far less than what a claim outlives its run by. */
const GIVEN_UP_MS = 15_000;

/** A way on which fast-check's scheduler decides which call of which run arrives next, and which answer. */
export class ScheduledChannel implements Channel {
  readonly staleMs: Channel['staleMs'];
  /** When the run's claim, if it gave it back, was free again. It does nothing with it afterwards. */
  gaveBackAtMs = Number.POSITIVE_INFINITY;
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

  /** A call of a run that is killed meanwhile is processed all the same. */
  call<T>(action: string, process: () => T): Promise<T> {
    const number = this.#calls++;
    const dies = this.#plan.dies?.atCall === number;
    if (dies) this.#sandbox.kill();
    if (dies && !this.#plan.dies?.processed) return new Promise(() => undefined);
    return this.#sandbox.hold(this.#call(action, number, process));
  }

  async #call<T>(action: string, number: number, process: () => T): Promise<T> {
    const sentAtMs = this.#time.nowMs;
    const mishap = this.#plan.mishaps.find(({ atCall }) => atCall === number)?.mishap;
    await this.#scheduler.schedule(Promise.resolve(), `${this.#run} asks: ${action}`);
    if (mishap === 'unsent' || this.#time.nowMs - sentAtMs > GIVEN_UP_MS) throw new LostCall('unsent');
    const answer = process();
    if (action === 'put end') this.gaveBackAtMs = this.#time.nowMs;
    await this.#scheduler.schedule(Promise.resolve(), `${this.#run} hears: ${action}`);
    if (mishap === 'unanswered' || this.#time.nowMs - sentAtMs > GIVEN_UP_MS) {
      throw new LostCall('unanswered');
    }
    return answer;
  }
}
