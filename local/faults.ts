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

/** A fault as data. Without `times` it happens until the faults are cleared. */
export interface Fault<Call> {
  readonly on: string;
  readonly where?: (call: Call) => boolean;
  readonly at: Moment;
  readonly effect: Effect;
  readonly times?: number;
}

/** Called at both moments of every call. The call waits for the promise. */
export type Hook<Call> = (call: Call, moment: Moment) => Effect | undefined | Promise<Effect | undefined>;

/** A test's faults in a stand-in's calls, as data or by a hook. */
export class Faults<Call extends { readonly action: string }> {
  onCall: Hook<Call> | undefined;
  readonly #faults: { readonly fault: Fault<Call>; left: number }[] = [];

  add(...faults: readonly Fault<Call>[]): void {
    for (const fault of faults) this.#faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  /** Affects calls of an action before they are processed. */
  before(on: string, effect: Effect, options?: Pick<Fault<Call>, 'where' | 'times'>): void {
    this.add({ on, at: 'before', effect, ...options });
  }

  /** Affects calls of an action after they have been processed. */
  after(on: string, effect: Effect, options?: Pick<Fault<Call>, 'where' | 'times'>): void {
    this.add({ on, at: 'after', effect, ...options });
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

  #next(moment: Moment, call: Call): Effect | undefined {
    const next = this.#faults.find(
      ({ fault, left }) =>
        left > 0 && fault.at === moment && fault.on === call.action && (fault.where?.(call) ?? true),
    );
    if (next === undefined) return undefined;
    next.left -= 1;
    return next.fault.effect;
  }
}
