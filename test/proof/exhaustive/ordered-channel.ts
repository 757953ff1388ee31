import { type Channel, LostCall } from '../models/channel.ts';
import type { Sandbox } from '../models/sandbox.ts';
import type { VirtualTime } from '../models/virtual-time.ts';
import type { Order } from './order.ts';

/**
 * What happens to one request of a run.
 * - `dies`: the run dies as it sends the request, which does not arrive, or arrives at any time.
 * - `unsent`: there is no connection.
 * - `answer lost`: it is processed, and the connection is closed before its answer.
 * - `late`: the run gives the request up, which arrives at any time, before that or after.
 * - `stale by n`: it is a read, and tells what was true before the last n changes.
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
] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultAt {
  readonly call: number;
  readonly fault: Fault;
}

const READS: ReadonlySet<string> = new Set(['read value', 'read list', 'read version']);
const ENDS: ReadonlySet<string> = new Set(['put free', 'put in_flight', 'put refused', 'put cool_down']);

/**
 * A way on which each request waits until it is its turn. Its answer arrives at once: whether the answer is slow or the
 * run's next request is, comes to the same for all others.
 */
export class OrderedChannel implements Channel {
  /** When the run ended its claim. */
  endedClaimAtMs = Number.POSITIVE_INFINITY;
  /** What became of the fault: a fault that is void makes the schedule one without it. */
  fault: 'to come' | 'happened' | 'void' = 'to come';
  #calls = 0;
  readonly #order: Order;
  readonly #time: VirtualTime;
  readonly #sandbox: Sandbox;
  readonly #run: string;
  readonly #faultAt: FaultAt | undefined;
  #staleMs = 0;

  constructor(
    order: Order,
    time: VirtualTime,
    sandbox: Sandbox,
    run: { readonly id: string; readonly faultAt?: FaultAt | undefined },
  ) {
    this.#order = order;
    this.#time = time;
    this.#sandbox = sandbox;
    this.#run = run.id;
    this.#faultAt = run.faultAt;
  }

  call<T>(action: string, timeoutMs: number, process: () => T): Promise<T> {
    const fault = this.#calls++ === this.#faultAt?.call ? this.#faultAt.fault : undefined;
    if (fault !== undefined) this.fault = 'happened';
    const isRead = READS.has(action);
    if (isStale(fault) ? !isRead : isRead && fault === 'dies, request arrives') this.fault = 'void';
    const dies = fault === 'dies, request lost' || fault === 'dies, request arrives';
    if (dies) {
      this.#sandbox.kill();
      this.#order.receive(this.#run, fault);
    }
    if (fault === 'dies, request lost') return new Promise(() => undefined);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (fault === 'late') {
      void this.#time.wait(timeoutMs).then(() => {
        this.#order.receive(this.#run, `${action} timed out`);
        reject(new LostCall('timed_out'));
      });
      // A read that was given up leaves nothing behind.
      if (isRead) return this.#sandbox.hold(promise);
    }
    this.#order.pending.push({
      run: this.#run,
      action: `${action} ${fault ?? ''}`,
      process: () => {
        if (fault === 'unsent') {
          reject(new LostCall('unsent'));
          return { changes: false, answer: fault };
        }
        try {
          const answer = this.#asOf(fault, process);
          if (ENDS.has(action)) this.endedClaimAtMs = this.#time.nowMs;
          if (fault === 'answer lost') reject(new LostCall('unanswered'));
          else if (fault !== 'late' && !dies) resolve(answer);
          const changes = !isRead && answer !== 'conflict';
          return { changes, answer: fault === undefined || isStale(fault) ? timeless(answer) : fault };
        } catch (error) {
          reject(error);
          return { changes: false, answer: String(error) };
        }
      },
    });
    return this.#sandbox.hold(promise);
  }

  staleMs(): number {
    return this.#staleMs;
  }

  /** Reads what was true before so many changes. */
  #asOf<T>(fault: Fault | undefined, process: () => T): T {
    if (!isStale(fault)) return process();
    const changedAtMs = this.#order.changesAtMs.at(-Number(fault.slice(-1)));
    if (changedAtMs === undefined) this.fault = 'void';
    else this.#staleMs = this.#time.nowMs - changedAtMs + 0.5;
    const answer = process();
    this.#staleMs = 0;
    return answer;
  }
}

function isStale(fault: Fault | undefined): fault is Fault {
  return fault?.startsWith('stale') === true;
}

/** Without the milliseconds, and the ids in the texts of claims, by which equal states differ. */
function timeless(answer: unknown): string {
  const text = JSON.stringify(answer, (key, value) => (key === 'createdAtMs' ? undefined : value)) ?? '';
  return text.replace(/claim [-0-9a-f]{36}/g, 'claim');
}
