import { type Channel, LostCall } from '../models/channel.ts';
import type { Sandbox } from '../models/sandbox.ts';
import type { VirtualTime } from '../models/virtual-time.ts';
import { type History, justBefore } from './history.ts';

/**
 * A fault of one request.
 * - `late`: the run gives the request up. The request arrives at any time, before that or after.
 * - `dies`: the run dies as it sends the request, which does not arrive, or arrives at any time.
 * - `unsent`: there is no connection.
 * - `answer lost`: the request is processed, and the connection is closed before the answer.
 * - `stale by n`: the request is a read, and its answer misses the last n changes. `both`: so does the next read's.
 */
export const FAULTS = [
  'late',
  'dies, request lost',
  'dies, request arrives',
  'unsent',
  'answer lost',
  'stale by 1',
  'stale by 2',
  'stale by 3',
  'stale by 4',
  'both stale by 1',
  'both stale by 2',
  'both stale by 3',
  'both stale by 4',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultAt {
  readonly call: number;
  readonly fault: Fault;
}

const READS: ReadonlySet<string> = new Set(['read value', 'read journal', 'read version', 'read mark']);
const ENDS: ReadonlySet<string> = new Set(['put failed', 'put no_answer', 'put refused']);

/**
 * A channel on which each request waits for its turn. Its answer arrives at once: a slow answer and a slow next request
 * are the same for all other runs.
 */
export class OrderedChannel implements Channel {
  /** When the run ended its claim. */
  endedClaimAtMs = Number.POSITIVE_INFINITY;
  /** With a `void` fault, the play is one without a fault. */
  fault: 'to come' | 'happened' | 'void' = 'to come';
  #calls = 0;
  readonly #history: History;
  readonly #time: VirtualTime;
  readonly #sandbox: Sandbox;
  readonly #run: string;
  readonly #faultAt: FaultAt | undefined;
  #staleMs = 0;

  constructor(
    history: History,
    time: VirtualTime,
    sandbox: Sandbox,
    run: { readonly id: string; readonly faultAt?: FaultAt | undefined },
  ) {
    this.#history = history;
    this.#time = time;
    this.#sandbox = sandbox;
    this.#run = run.id;
    this.#faultAt = run.faultAt;
    // The fault to come tells this run from the others.
    history.receive(run.id, 'fault', run.faultAt);
  }

  /** How many changes a reading of this run may still miss. */
  get staleBy(): number {
    return this.#calls <= lastCallOf(this.#faultAt) ? changesMissed(this.#faultAt?.fault) : 0;
  }

  call<T>(action: string, timeoutMs: number, process: () => T): Promise<T> {
    const fault = this.#faultOf(this.#calls++);
    const isRead = READS.has(action);
    if (fault !== undefined && this.fault !== 'void') {
      this.fault = isPossible(fault, isRead) ? 'happened' : 'void';
    }
    if (action === 'refresh') this.#history.note('sent', this.#run);
    const dies = fault === 'dies, request lost' || fault === 'dies, request arrives';
    if (dies) {
      this.#sandbox.kill();
      this.#history.receive(this.#run, fault);
    }
    if (fault === 'dies, request lost') return new Promise(() => undefined);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (fault === 'late') {
      void this.#time.wait(timeoutMs, undefined, this.#run).then(() => {
        this.#fail(action, reject, new LostCall('timed_out'));
      });
      // A read that was given up has no effect.
      if (isRead) return this.#sandbox.hold(promise);
    }
    this.#history.pending.push({
      run: this.#run,
      action: `${action} ${fault ?? ''}`,
      process: () => {
        if (fault === 'unsent') {
          this.#fail(action, reject, new LostCall('unsent'));
          return false;
        }
        try {
          const answer = this.#asOf(fault, process);
          this.#note(action);
          if (fault === 'answer lost') this.#fail(action, reject, new LostCall('unanswered'));
          else if (fault !== 'late' && !dies) {
            this.#history.receive(this.#run, action, answer);
            resolve(answer);
          }
          return !isRead && answer !== 'conflict';
        } catch (error) {
          this.#fail(action, reject, error);
          return false;
        }
      },
    });
    return this.#sandbox.hold(promise);
  }

  staleMs(): number {
    return this.#staleMs;
  }

  #faultOf(call: number): Fault | undefined {
    const at = this.#faultAt;
    return at !== undefined && call >= at.call && call <= lastCallOf(at) ? at.fault : undefined;
  }

  #fail(action: string, reject: (error: unknown) => void, error: unknown): void {
    this.#history.receive(this.#run, action, String(error));
    reject(error);
  }

  #note(action: string): void {
    if (action === 'refresh') this.#history.note('spent', this.#run);
    if (action === 'put save') this.#history.note('saved', this.#run);
    if (!ENDS.has(action)) return;
    this.endedClaimAtMs = this.#time.nowMs;
    this.#history.note('let go', this.#run);
  }

  /** Reads without the last changes that the fault hides. */
  #asOf<T>(fault: Fault | undefined, process: () => T): T {
    const changes = changesMissed(fault);
    if (changes === 0) return process();
    const changedAtMs = this.#history.changedAtMs.at(-changes);
    if (changedAtMs === undefined) this.fault = 'void';
    else this.#staleMs = this.#time.nowMs - justBefore(changedAtMs);
    const answer = process();
    this.#staleMs = 0;
    return answer;
  }
}

function lastCallOf(at: FaultAt | undefined): number {
  if (at === undefined) return -1;
  return at.fault.startsWith('both') ? at.call + 1 : at.call;
}

function isPossible(fault: Fault, isRead: boolean): boolean {
  // A read that arrives after its run has died has no effect.
  return isRead ? fault !== 'dies, request arrives' : changesMissed(fault) === 0;
}

function changesMissed(fault: Fault | undefined): number {
  return Number(/stale by (\d)$/.exec(fault ?? '')?.[1] ?? 0);
}
