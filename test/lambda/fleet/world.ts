import * as v from 'valibot';
import { FAILURES, type FailureCode } from '../../../lambda/core/failure-codes.ts';
import { fleetCallSchema } from '../../../lambda/core/fleet-call.ts';
import { type FleetResult, fleetResultSchema } from '../../../lambda/core/fleet-result.ts';
import type { Message } from '../../../lambda/fleet/digest.ts';
import { executionName } from '../../../lambda/fleet/execution-names.ts';
import type { FleetPorts } from '../../../lambda/fleet/fleet.ts';
import type { Selection } from '../../../lambda/fleet/input.ts';
import { runFleet } from '../../../lambda/fleet/run.ts';
import { runDurable } from './durable-model.ts';

const MINUTE_MS = 60_000;
const FLEET = 'blink-logout-fleet';
const LOGOUT = 'blink-logout';

/** What a call finds: the session can be logged out, it was signed out earlier, the function ends without an answer, or it fails. */
export type Condition = 'ready' | 'signed_out' | 'crashes' | FailureCode | Failing;

interface Failing {
  readonly code: FailureCode;
  readonly retryAfterSeconds?: number;
  /** After so many calls the session is ready. */
  readonly times: number;
}

export interface Ended {
  readonly result: FleetResult;
  /** By execution: the operations that Lambda would count, with the one for the execution itself. */
  readonly operations: readonly number[];
}

/**
 * Sessions, Blink and Lambda on a clock of their own. The logout function is a model that answers as its contract says, and
 * so is the execution; the fleet's code is the real one.
 */
export class World {
  readonly sessions = new Map<string, Condition>();
  /** What else lies under the prefix. */
  readonly foreign = new Set<string>();
  readonly mails: Message[] = [];
  /** In their order, with the time in minutes since the world began. */
  readonly calls: { readonly session: string; readonly atMinutes: number }[] = [];
  nowMs = 0;
  /** Blink answers 503 from and to these times. */
  outage = { fromMs: 0, toMs: 0 };
  maxConcurrency = 10;
  /** What runs an execution: the model, or AWS's runner. */
  run: typeof runDurable = runDurable;
  readonly #started = new Map<string, string>();
  #seed = 1;

  /** The schedule's event. It may be delivered more than once. */
  async deliver(sessions: Selection, scheduledAt: string): Promise<Ended | undefined> {
    const before = new Set(this.#started.keys());
    await this.#execute({ sessions, scheduledAt }, 'generated');
    const [name] = [...this.#started.keys()].filter((started) => !before.has(started));
    return name === undefined ? undefined : this.#end(await this.#execute({ sessions }, name));
  }

  /** `logout --all`. */
  async command(sessions: Selection): Promise<Ended> {
    return this.#end(await this.#execute({ sessions }, executionName(FLEET, 'command', 'c0ffee')));
  }

  #end({ result, operations }: { readonly result: unknown; readonly operations: readonly number[] }): Ended {
    return { result: v.parse(fleetResultSchema, result), operations };
  }

  async #execute(input: object, name: string) {
    const operations: number[] = [];
    const execute = async (event: unknown): Promise<unknown> => {
      const execution = await this.run(
        (payload, context) => runFleet(this.#ports(), payload, context),
        event,
        {
          name,
          random: this.#random,
          passMs: (ms) => {
            this.nowMs += ms;
          },
          call: (functionName, payload) =>
            functionName === LOGOUT ? this.#logOut(payload) : execute(payload),
        },
      );
      operations.push(execution.operations);
      return execution.result;
    };
    const result = await execute(input);
    return { result, operations };
  }

  /** Park and Miller's generator: a failure can be repeated. */
  readonly #random = () => {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647;
    return this.#seed / 2_147_483_647;
  };

  #ports(): FleetPorts {
    return {
      readPage: async (from) => pageOf([...this.sessions.keys(), ...this.foreign], from),
      maxConcurrency: this.maxConcurrency,
      place: { stack: LOGOUT, account: '123456789012', region: 'eu-central-1' },
      nowMs: () => this.nowMs,
      // "If the payload is the same, Lambda returns the existing execution" (API Reference, Invoke).
      start: async (name, sessions) => {
        const payload = JSON.stringify(sessions);
        if (this.#started.has(name) && this.#started.get(name) !== payload)
          throw new Error('another payload');
        this.#started.set(name, payload);
      },
      publish: async (message) => {
        this.mails.push(message);
      },
      recordFigures: () => {},
    };
  }

  /** The logout function: by its contract, not by its code. A logout takes a second of a slot. */
  async #logOut(event: unknown): Promise<object> {
    const { session } = v.parse(fleetCallSchema, event).fleet;
    this.calls.push({ session, atMinutes: this.nowMs / MINUTE_MS });
    const condition = this.sessions.get(session) ?? 'session_unknown';
    this.nowMs += 1000 / this.maxConcurrency;
    if (condition === 'signed_out') return { outcome: 'nothing_to_log_out', since: 'yesterday' };
    if (condition === 'crashes') throw new Error('Runtime exited');
    if (typeof condition === 'string' && condition !== 'ready') return failure(condition);
    if (this.nowMs >= this.outage.fromMs && this.nowMs < this.outage.toMs)
      return failure('blink_unavailable');
    if (typeof condition === 'object') {
      const { code, times, ...more } = condition;
      this.sessions.set(session, times === 1 ? 'ready' : { ...condition, times: times - 1 });
      return { ...failure(code), ...more };
    }
    return { outcome: 'logged_out', session, durationsMs: { total: 1000 } };
  }
}

function failure(code: FailureCode): object {
  const { retryable, ...traits } = FAILURES[code];
  return {
    code,
    retryable,
    ...('retryAfterSeconds' in traits && { retryAfterSeconds: traits.retryAfterSeconds }),
  };
}

function pageOf(names: readonly string[], from = '0') {
  const end = Number(from) + 100;
  return { names: names.slice(Number(from), end), ...(end < names.length && { next: String(end) }) };
}
