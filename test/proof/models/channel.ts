import type { Sandbox } from './sandbox.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A request whose sender gave up "may still be processed": for so long, in this model. */
export const IN_FLIGHT_MS = 30_000;

/** A fault of one request. */
export type Mishap =
  /** No connection: the request is not sent. */
  | 'unsent'
  /** The request is processed, and the connection is closed before its answer. */
  | 'unanswered'
  /** No answer comes before the sender gives up. The request is processed later, or the answer arrives too late. */
  | 'late'
  /** The sender dies. */
  | 'killed';

export class LostCall extends Error {
  readonly mishap: 'unsent' | 'unanswered' | 'timed_out';

  constructor(mishap: LostCall['mishap']) {
    super(mishap);
    this.mishap = mishap;
  }
}

/** What is read: the current version, the journal, or another version by its label or id. */
export type Read = 'value' | 'journal' | 'version';

/** The network between one run and the services. Failures are `LostCall`. */
export interface Channel {
  /**
   * Carries one request, once.
   * @param action the call, such as `put claim` or `refresh`
   * @param timeoutMs when the sender gives up
   */
  call<T>(action: string, timeoutMs: number, process: () => T): Promise<T>;
  /** The age of the next read's answer. */
  staleMs(read: Read): number;
}

/** A network without faults, on which a call takes no time. */
export const AT_ONCE: Channel = { call: async (_action, _timeoutMs, process) => process(), staleMs: () => 0 };

export type Moment = 'before' | 'after';

/** A network on which a call takes 20 ms. A test can add faults before and after each call is processed. */
export class ScriptedChannel implements Channel {
  readonly actions: string[] = [];
  on: (action: string, moment: Moment) => Mishap | undefined = () => undefined;
  staleMs: Channel['staleMs'] = () => 0;
  /** How long after it was given up a `late` request is processed. */
  landsAfterMs = 1000;
  readonly #time: VirtualTime;
  readonly #sandbox: Sandbox;

  constructor(time: VirtualTime, sandbox: Sandbox) {
    this.#time = time;
    this.#sandbox = sandbox;
  }

  call<T>(action: string, timeoutMs: number, process: () => T): Promise<T> {
    return this.#sandbox.hold(this.#call(action, timeoutMs, process));
  }

  async #call<T>(action: string, timeoutMs: number, process: () => T): Promise<T> {
    this.actions.push(action);
    const landLater = () => void this.#time.wait(this.landsAfterMs).then(process);
    await this.#pass(action, 'before', timeoutMs, landLater);
    const answer = process();
    await this.#pass(action, 'after', timeoutMs, () => undefined);
    return answer;
  }

  async #pass(action: string, moment: Moment, timeoutMs: number, onGivenUp: () => void): Promise<void> {
    await this.#time.wait(10);
    const mishap = this.on(action, moment);
    if (mishap === undefined) return;
    if (mishap === 'late') {
      await this.#time.wait(timeoutMs);
      onGivenUp();
      throw new LostCall('timed_out');
    }
    if (mishap !== 'killed') throw new LostCall(mishap);
    this.#sandbox.kill();
    await this.#sandbox.hold(Promise.resolve());
  }
}
