import { type RunEnd, told, type World } from '../models/world.ts';

/** A request that has been sent and is not processed yet. */
export interface Request {
  readonly run: string;
  readonly action: string;
  /** Returns whether this changed the secret or Blink's tokens. */
  process(): boolean;
}

/** The moments that the promises compare: a refresh is sent, or processed; a new token is saved; a claim ends. */
type Moment = 'sent' | 'spent' | 'saved' | 'let go';

/** The order in which requests have been processed, and its results. */
export class History {
  readonly pending: Request[] = [];
  /** The times of the changes to the secret and to Blink's tokens. */
  readonly changedAtMs: number[] = [];
  readonly #world: World;
  readonly #received = new Map<string, { readonly action: string; readonly answer: unknown }[]>();
  readonly #ends = new Map<string, RunEnd>();
  readonly #moments: { readonly moment: Moment; readonly run: string }[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  process(index: number): void {
    const [request] = this.pending.splice(index, 1);
    if (request === undefined) throw new Error('there is no such request');
    if (request.process()) this.changedAtMs.push(this.#world.time.nowMs);
  }

  receive(run: string, action: string, answer?: unknown): void {
    this.#received.set(run, [...(this.#received.get(run) ?? []), { action, answer }]);
  }

  /** After the run's last request is processed, its answers no longer matter. */
  end(run: string, end: RunEnd): void {
    this.note('let go', run);
    this.#ends.set(run, end);
  }

  /** Moments of a run that sends no refresh are not compared, and a claim ends once. */
  note(moment: Moment, run: string): void {
    const earlier = this.#moments.filter((noted) => noted.run === run).map((noted) => noted.moment);
    const isCompared = moment === 'sent' || earlier.length > 0;
    const isRepeated = moment === 'let go' && earlier.includes('let go');
    if (isCompared && !isRepeated) this.#moments.push({ moment, run });
  }

  /**
   * Everything that the rest of a play and its judgement depend on. If two orders of requests lead to the same state, they
   * commute, and all that follows is the same.
   * - A run depends on its answers and on its waits, its deadline included. It sends requests one after the other, or waits
   *   for all answers of several that it sent together, so only the order of answers to the same kind of request counts.
   * - The services depend on their contents, and the promises on the order of the moments above.
   * @param staleBy how many changes a later reading may miss
   */
  state(staleBy: number): string {
    const { blink, secret, time } = this.#world;
    const runs = new Set([...this.#received.keys(), ...this.pending.map(({ run }) => run)]);
    const all = [
      [...runs].toSorted().map((run) => [run, this.#stateOf(run)]),
      time.nowMs,
      this.#moments,
      secret.versions(),
      secret.currentTexts(),
      blink.families,
      blink.spends.map(({ sentAtMs: _, ...spend }) => spend),
      blink.logouts,
      staleBy === 0 ? [] : this.changedAtMs.slice(-staleBy).map((ms) => secret.versions(justBefore(ms))),
    ];
    return JSON.stringify(all, canonical);
  }

  #stateOf(run: string): object {
    const pending = this.pending.filter((request) => request.run === run).map(({ action }) => action);
    const end = this.#ends.get(run);
    if (end !== undefined && pending.length === 0) return { end: told(end) };
    return {
      received: byText(this.#received.get(run) ?? [], ({ action }) => action),
      waits: byText(this.#world.time.waitsUntilMs(run), String),
      pending: byText(pending, String),
    };
  }
}

function byText<T>(items: readonly T[], textOf: (item: T) => string): readonly T[] {
  return items.toSorted((a, b) => Number(textOf(a) > textOf(b)) - Number(textOf(a) < textOf(b)));
}

/** The time that each request takes: it tells moments apart, and is too short for any rule of the code. */
export const REQUEST_MS = 1 / 1024;

export function justBefore(ms: number): number {
  return ms - REQUEST_MS / 2;
}

/** Without differences that mean nothing: parts of a millisecond, and the order of labels. */
function canonical(key: string, value: unknown): unknown {
  if (typeof value === 'number') return Math.floor(value);
  return key === 'labels' && Array.isArray(value) ? value.toSorted() : value;
}
