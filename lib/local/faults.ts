import { setTimeout } from 'node:timers/promises';
import type { Answer, Delivery } from './loopback-server.ts';

/** `before`: the request has come in and nothing has happened yet. `after`: it has been processed, and nobody knows. */
export type Moment = 'before' | 'after';

/**
 * What can be done to a call.
 * - `answer`: this instead of processing it, or instead of the true answer.
 * - `destroy`: the connection is cut without a byte.
 * - `cut-off`: the answer's head and half of its body, then the connection is cut.
 * - `hold`: go on, but only after so long.
 */
export type Effect =
  | { readonly do: 'answer'; readonly answer: Answer }
  | { readonly do: 'destroy' }
  | { readonly do: 'cut-off' }
  | { readonly do: 'hold'; readonly ms: number };

/** A fault as data: which calls, at which moment, what, and how often (without `times`: until cleared). */
export interface Fault<Call> {
  readonly on: string;
  readonly where?: (call: Call) => boolean;
  readonly at: Moment;
  readonly effect: Effect;
  readonly times?: number;
}

/** Called at both moments of every call. The call waits for it: held until the promise resolves. */
export type Hook<Call> = (call: Call, moment: Moment) => Effect | undefined | Promise<Effect | undefined>;

/** What a test does to a stand-in's calls: by faults that are data, or by a hook for all that is not. */
export class Faults<Call extends { readonly action: string }> {
  onCall: Hook<Call> | undefined;
  readonly #faults: { readonly fault: Fault<Call>; left: number }[] = [];

  add(...faults: readonly Fault<Call>[]): void {
    for (const fault of faults) this.#faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.onCall = undefined;
    this.#faults.length = 0;
  }

  /** Processes a call, with whatever is to happen before and after it. */
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

  /** The hook comes first; the first fault that fits comes where the hook wants nothing. */
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
