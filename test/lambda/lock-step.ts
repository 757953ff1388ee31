import { randomUUID } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { vi } from 'vitest';
import { type BlinkStandIn, startBlink } from '../../local/blink/start-blink.ts';
import type { Hook } from '../../local/faults.ts';
import {
  type SecretsManagerStandIn,
  startSecretsManager,
} from '../../local/secrets-manager/start-secrets-manager.ts';
import { ACCOUNT, environmentOf } from '../lib/bundle/bundle-under-test.ts';
import { KEY } from './logout/run-under-test.ts';

/** Nothing comes any more once nothing has come in so many turns of the event loop in a row, each of a few milliseconds. */
const QUIET_TURNS = 6;

type Handler = (event: unknown, context: object) => Promise<unknown>;

/**
 * The built function and the stand-ins in this process, in lock-step: no request is answered before the function has sent
 * everything that it can send without that answer. So what is in one step waits for the step before, and for nothing else.
 */
export class LockStep {
  readonly secretsManager: SecretsManagerStandIn;
  readonly blink: BlinkStandIn;
  readonly #bundle: string;
  readonly #held: (() => void)[] = [];
  #arrived: string[] = [];
  #handler: Promise<Handler> | undefined;

  private constructor(bundle: string, secretsManager: SecretsManagerStandIn, blink: BlinkStandIn) {
    this.#bundle = bundle;
    this.secretsManager = secretsManager;
    this.blink = blink;
    secretsManager.faults.onCall = this.#holding(({ action }) => action);
    blink.faults.onCall = this.#holding(({ action }) => `Blink: ${action}`);
    secretsManager.secrets.create('blink-logout-webhook-key', KEY);
    const { connect } = Socket.prototype;
    const arrived = (name: string) => this.#arrived.push(name);
    vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...args: unknown[]) {
      const host = hostOf(args, blink.port);
      if (host !== undefined) arrived(`connect to ${host}`);
      return Reflect.apply(connect, this, args);
    });
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    // The function's time limits must not pass on a busy machine.
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
    for (const [name, value] of Object.entries(environmentOf({ secretsManager, blink })))
      vi.stubEnv(name, value);
  }

  static async start(bundle: string): Promise<LockStep> {
    return new LockStep(bundle, await startSecretsManager(), await startBlink({ accounts: [ACCOUNT] }));
  }

  async close(): Promise<void> {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    vi.useRealTimers();
    await Promise.all([this.secretsManager.close(), this.blink.close()]);
  }

  /** Loads the function, as Lambda does before the first invocation. Returns the requests of each step. */
  initialize() {
    this.#handler = this.#load();
    return this.#stepsOf(this.#handler);
  }

  /** Calls the function, which is loaded first if it is not. Returns the reply, and the requests of each step of the call. */
  async invoke(event: unknown) {
    if (this.#handler === undefined) await this.initialize();
    const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 60_000 };
    const reply = Promise.resolve(this.#handler).then((handler) => handler?.(event, context));
    return { steps: await this.#stepsOf(reply), reply };
  }

  /** As long as no connection may be used after. */
  idle(): void {
    vi.setSystemTime(Date.now() + 3_500);
  }

  /** As a new module, since Node keeps modules by their URL. */
  async #load(): Promise<Handler> {
    const require = createRequire(import.meta.url);
    delete require.cache[join(dirname(this.#bundle), 'handler.cjs')];
    return (await import(`${this.#bundle}?${randomUUID()}`)).handler;
  }

  async #stepsOf(work: Promise<unknown>): Promise<readonly (readonly string[])[]> {
    let isOver = false;
    work
      .finally(() => {
        isOver = true;
      })
      .catch(() => undefined);
    const steps: string[][] = [];
    while (!isOver) {
      await this.#quiet();
      if (this.#arrived.length > 0) steps.push(this.#arrived.sort());
      this.#arrived = [];
      for (const release of this.#held.splice(0)) release();
    }
    return steps;
  }

  #holding<Call>(name: (call: Call) => string): Hook<Call> {
    return async (call, moment) => {
      if (moment === 'after') return undefined;
      this.#arrived.push(name(call));
      await new Promise<void>((resolve) => this.#held.push(resolve));
      return undefined;
    };
  }

  async #quiet(): Promise<void> {
    let before = this.#arrived.length;
    for (let turns = 0; turns < QUIET_TURNS; turns++) {
      // The function waits for a name to be resolved, which another process can delay.
      await Promise.all([setTimeout(5), lookup('localhost')]);
      if (this.#arrived.length !== before) turns = 0;
      before = this.#arrived.length;
    }
  }
}

/** The host that a connection to Blink's port is for. Node calls `connect` with its normalized arguments: an array with the options. */
function hostOf(args: readonly unknown[], blinkPort: number): string | undefined {
  const [options] = Array.isArray(args[0]) ? args[0] : args;
  return options.port === blinkPort || options.port === String(blinkPort) ? options.servername : undefined;
}
