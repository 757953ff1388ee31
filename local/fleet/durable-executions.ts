import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createBirpc } from 'birpc';
import * as v from 'valibot';
import { fleetCallSchema } from '../../lambda/core/fleet-call.ts';
import { AwsError } from '../aws-error.ts';
import type { DeployedFunction } from '../deployment.ts';
import { functionArn, lambdaEnvironment } from '../lambda-environment.ts';
import type { FinishedInvocation } from '../lambda-process.ts';
import { COMPILE_CACHE } from '../synthesize.ts';

/** What an execution or a call came to. A result is JSON text. */
export type End = { readonly result: string } | { readonly error: string };

/** What this process asks of the fleet's process (fleet-host.ts). Events are JSON text. */
export interface FleetHost {
  run(execution: string, event: string): Promise<End>;
}

/** What the fleet's process asks of this one: the call of a function by an execution. */
export interface FleetCaller {
  call(execution: string, event: string): Promise<End>;
}

/** The call of one session, or of a child execution, in an execution's history. */
export interface Call {
  readonly name: string;
  readonly startedAtMs: number;
  /** Of a child execution. */
  readonly executionArn?: string;
  end?: { readonly kind: 'succeeded' | 'failed'; readonly atMs: number };
}

export interface DurableExecution {
  readonly arn: string;
  readonly name: string;
  readonly input: string;
  readonly startedAtMs: number;
  readonly calls: Call[];
  /** Resolves when it has ended. */
  readonly ended: Promise<End>;
  end?: End & { readonly atMs: number };
}

export interface DurableExecutionsOptions {
  readonly fleet: DeployedFunction;
  /** The addresses of the stand-ins. */
  readonly overrides: Readonly<Record<string, string>>;
  /** Invokes the logout function. */
  readonly invoke: (event: unknown) => Promise<FinishedInvocation>;
}

const HOST = fileURLToPath(new URL('fleet-host.ts', import.meta.url));

/** The executions of the fleet on this machine. Its process starts with the first. */
export class DurableExecutions {
  /** Whether the executions' waits take no time. To be set before the first execution. */
  skipsWaits = false;
  readonly #options: DurableExecutionsOptions;
  readonly #executions = new Map<string, DurableExecution>();
  #process: ChildProcess | undefined;
  #host: FleetHost | undefined;

  constructor(options: DurableExecutionsOptions) {
    this.#options = options;
  }

  /** The newest first. */
  get all(): readonly DurableExecution[] {
    return [...this.#executions.values()].toReversed();
  }

  /**
   * "If you invoke a durable function using a name that already exists with the same payload, Lambda returns the existing
   * execution. If the payload differs, Lambda returns a DurableExecutionAlreadyStartedException error." (Invoke)
   */
  start(input: string, name: string = randomUUID()): DurableExecution {
    const known = this.all.find((execution) => execution.name === name);
    if (known?.input === input) return known;
    if (known !== undefined) throw new AwsError('DurableExecutionAlreadyStartedException', name);
    const arn = `${functionArn(this.#options.fleet)}:1/durable-execution/${name}/${randomUUID()}`;
    this.#host ??= this.#startHost();
    const ended = this.#host.run(arn, input).catch((error: Error): End => ({ error: error.message }));
    const execution: DurableExecution = { arn, name, input, startedAtMs: Date.now(), calls: [], ended };
    this.#executions.set(arn, execution);
    void ended.then((end) => {
      execution.end = { ...end, atMs: Date.now() };
    });
    return execution;
  }

  find(arn: string): DurableExecution {
    const execution = this.#executions.get(arn);
    if (execution === undefined) throw new AwsError('ResourceNotFoundException', 'no such execution');
    return execution;
  }

  async close(): Promise<void> {
    this.#process?.kill('SIGKILL');
  }

  #startHost(): FleetHost {
    const { fleet, overrides } = this.#options;
    const child = spawn(process.execPath, [HOST, String(this.skipsWaits)], {
      env: { ...lambdaEnvironment(fleet, overrides), NODE_COMPILE_CACHE: COMPILE_CACHE },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#process = child;
    const caller: FleetCaller = { call: (execution, event) => this.#call(execution, event) };
    const host = createBirpc<FleetHost, FleetCaller>(caller, {
      post: (message) => child.send(message),
      on: (hear) => child.on('message', hear),
      timeout: -1,
    });
    const end = () => host.$close(new Error('the process of the fleet has ended'));
    // A message to a process that is ending is an error, and its exit is told a moment later.
    child.on('error', end).on('exit', end);
    return host;
  }

  async #call(execution: string, payload: string): Promise<End> {
    const { calls } = this.find(execution);
    const event: unknown = JSON.parse(payload);
    const session = v.safeParse(fleetCallSchema, event);
    const child = session.success ? undefined : this.start(payload);
    const call: Call = {
      name: session.success ? session.output.fleet.session : 'sessions',
      startedAtMs: Date.now(),
      ...(child !== undefined && { executionArn: child.arn }),
    };
    calls.push(call);
    const end = await (child?.ended ?? this.#invoke(event));
    call.end = { kind: 'error' in end ? 'failed' : 'succeeded', atMs: Date.now() };
    return end;
  }

  async #invoke(event: unknown): Promise<End> {
    const { result } = await this.#options.invoke(event);
    return result.kind === 'returned'
      ? { result: JSON.stringify(result.payload) }
      : { error: result.error.errorMessage };
  }
}
