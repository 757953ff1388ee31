import type { Sandbox } from './sandbox.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What becomes of a call, apart from its being processed and answered. */
export type Mishap =
  /** It never gets there. */
  | 'unsent'
  /** It is processed, and the answer is lost. */
  | 'unanswered'
  /** It goes on after 9 s, which is longer than anybody waits for Blink. */
  | 'late'
  /** The caller dies at this moment. */
  | 'killed';

export class LostCall extends Error {
  readonly mishap: 'unsent' | 'unanswered';

  constructor(mishap: 'unsent' | 'unanswered') {
    super(mishap);
    this.mishap = mishap;
  }
}

/** The way from one run to the services and back. Failures are `LostCall`. */
export interface Channel {
  /** @param action what is called, such as `put claim` or `refresh` */
  call<T>(action: string, process: () => T): Promise<T>;
  /** How old what the next read tells is: a list may be older than what is asked for by label or by id. */
  staleMs(read: 'list' | 'version'): number;
}

export type Moment = 'before' | 'after';

/** A way on which a call takes 20 ms, and on which a test does what it likes before and after each is processed. */
export class ScriptedChannel implements Channel {
  readonly actions: string[] = [];
  on: (action: string, moment: Moment) => Mishap | undefined = () => undefined;
  staleMs: Channel['staleMs'] = () => 0;
  readonly #time: VirtualTime;
  readonly #sandbox: Sandbox;

  constructor(time: VirtualTime, sandbox: Sandbox) {
    this.#time = time;
    this.#sandbox = sandbox;
  }

  call<T>(action: string, process: () => T): Promise<T> {
    return this.#sandbox.hold(this.#call(action, process));
  }

  async #call<T>(action: string, process: () => T): Promise<T> {
    this.actions.push(action);
    await this.#pass(action, 'before');
    const answer = process();
    await this.#pass(action, 'after');
    return answer;
  }

  async #pass(action: string, moment: Moment): Promise<void> {
    await this.#time.wait(10);
    const mishap = this.on(action, moment);
    if (mishap === 'late') await this.#time.wait(9000);
    if (mishap === undefined || mishap === 'late') return;
    if (mishap !== 'killed') throw new LostCall(mishap);
    this.#sandbox.kill();
    await this.#sandbox.hold(Promise.resolve());
  }
}
