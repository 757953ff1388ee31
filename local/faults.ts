import { setTimeout } from 'node:timers/promises';
import type { Answer, Delivery } from './loopback-server.ts';

/** `before`: the request has been received. `after`: it has been processed, and not been answered. */
export type Moment = 'before' | 'after';

/**
 * The effect of a fault on a call.
 * - `answer`: the call gets this answer. With `before`, it is not processed.
 * - `destroy`: the connection is closed without an answer.
 * - `cut-off`: the connection is closed after the answer's head and half of its body.
 * - `hold`: it continues after this time.
 */
export type Effect =
  | { readonly do: 'answer'; readonly answer: Answer }
  | { readonly do: 'destroy' }
  | { readonly do: 'cut-off' }
  | { readonly do: 'hold'; readonly ms: number };

/** Of the calls of an action, those that a fault meets, and how many: all of them, until the faults are cleared. */
export interface FaultOptions<Call> {
  readonly where?: (call: Call) => boolean;
  readonly times?: number;
}

/** Called at both moments of every call. The call waits for the promise. */
export type Hook<Call> = (call: Call, moment: Moment) => Effect | undefined | Promise<Effect | undefined>;

/** A test's faults in a stand-in's calls, as data or by a hook. */
export class Faults<Call extends { readonly action: string }> {
  onCall: Hook<Call> | undefined;
  readonly #faults: {
    readonly at: Moment;
    readonly effect: Effect;
    readonly meets: (call: Call) => boolean;
    left: number;
  }[] = [];

  /** Affects calls of an action before they are processed. */
  before(on: string, effect: Effect, options?: FaultOptions<Call>): void {
    this.#add('before', on, effect, options);
  }

  /** Affects calls of an action after they have been processed. */
  after(on: string, effect: Effect, options?: FaultOptions<Call>): void {
    this.#add('after', on, effect, options);
  }

  clear(): void {
    this.onCall = undefined;
    this.#faults.length = 0;
  }

  /** Processes a call, with the faults before and after it. */
  async around(call: Call, process: () => Answer): Promise<Delivery> {
    const instead = await this.#at('before', call);
    if (instead?.do === 'answer') return { answer: instead.answer };
    if (instead?.do === 'destroy') return 'destroy';
    const answer = process();
    const afterwards = await this.#at('after', call);
    if (afterwards?.do === 'answer') return { answer: afterwards.answer };
    if (afterwards?.do === 'destroy') return 'destroy';
    return { answer, cutOff: instead?.do === 'cut-off' || afterwards?.do === 'cut-off' };
  }

  /** The hook's effect or, if it has none, that of the first fault that matches. */
  async #at(moment: Moment, call: Call): Promise<Effect | undefined> {
    const effect = (await this.onCall?.(call, moment)) ?? this.#next(moment, call);
    if (effect?.do === 'hold') await setTimeout(effect.ms, undefined, { ref: false });
    return effect ?? undefined;
  }

  #add(at: Moment, on: string, effect: Effect, options: FaultOptions<Call> = {}): void {
    const { where = () => true, times: left = Number.POSITIVE_INFINITY } = options;
    this.#faults.push({ at, effect, left, meets: (call) => call.action === on && where(call) });
  }

  #next(moment: Moment, call: Call): Effect | undefined {
    const next = this.#faults.find(({ at, left, meets }) => left > 0 && at === moment && meets(call));
    if (next !== undefined) next.left -= 1;
    return next?.effect;
  }
}
