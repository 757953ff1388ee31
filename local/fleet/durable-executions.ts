import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { fleetCallSchema } from '../../lambda/core/fleet-call.ts';
import { AwsError } from '../aws-json.ts';
import type { DeployedFunction } from '../deployment.ts';
import { functionArn, lambdaEnvironment } from '../lambda-environment.ts';
import type { FinishedInvocation } from '../lambda-process.ts';
import { type End, type FromHost, fromHostSchema, SKIP_WAITS, type ToHost } from './host-protocol.ts';

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
  readonly #resolvers = new Map<string, (end: End) => void>();
  readonly #output: string[] = [];
  #host: ChildProcess | undefined;

  constructor(options: DurableExecutionsOptions) {
    this.#options = options;
  }

  /** The newest first. */
  get all(): readonly DurableExecution[] {
    return [...this.#executions.values()].toReversed();
  }

  /** The lines that the fleet printed, such as its figures. */
  get output(): readonly string[] {
    return this.#output;
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
    const { promise: ended, resolve } = Promise.withResolvers<End>();
    const execution = { arn, name, input, startedAtMs: Date.now(), calls: [], ended };
    this.#executions.set(arn, execution);
    this.#resolvers.set(arn, resolve);
    this.#send({ kind: 'run', execution: arn, payload: input });
    return execution;
  }

  find(arn: string): DurableExecution {
    const execution = this.#executions.get(arn);
    if (execution === undefined) throw new AwsError('ResourceNotFoundException', 'no such execution');
    return execution;
  }

  async close(): Promise<void> {
    this.#host?.kill('SIGKILL');
  }

  #send(message: ToHost): void {
    this.#host ??= this.#spawn();
    this.#host.send(message);
  }

  #spawn(): ChildProcess {
    const { fleet, overrides } = this.#options;
    const host = spawn(process.execPath, [HOST, ...(this.skipsWaits ? [SKIP_WAITS] : [])], {
      env: lambdaEnvironment(fleet, overrides),
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    if (host.stdout !== null) {
      createInterface({ input: host.stdout }).on('line', (line) => this.#output.push(line));
    }
    host.on('message', (message) => void this.#hear(v.parse(fromHostSchema, message)));
    return host;
  }

  async #hear(message: FromHost): Promise<void> {
    if (message.kind === 'ended') {
      this.find(message.execution).end = { ...message.end, atMs: Date.now() };
      this.#resolvers.get(message.execution)?.(message.end);
      return;
    }
    const end = await this.#call(message);
    this.#send({ kind: 'answer', call: message.call, end });
  }

  async #call({ execution, payload }: Extract<FromHost, { kind: 'call' }>): Promise<End> {
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
