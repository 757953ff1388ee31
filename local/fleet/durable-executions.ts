import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createBirpc } from 'birpc';
import * as v from 'valibot';
import { fleetCallSchema } from '../../lambda/core/fleet-call.ts';
import { FLEET_ALIAS } from '../../lambda/fleet/environment.ts';
import { ACCOUNT_ID, REGION } from '../account.ts';
import { AwsError } from '../aws-error.ts';
import type { DeployedFunction } from '../deployment.ts';
import { lambdaEnvironment } from '../lambda-environment.ts';
import type { InvocationResult, Invoke } from '../lambda-process.ts';
import { COMPILE_CACHE } from '../synthesize.ts';

/** What this process asks of the fleet's process (fleet-host.ts). Events are JSON text. */
export interface FleetHost {
  run(execution: string, event: string): Promise<InvocationResult>;
}

/** What the fleet's process asks of this one: the call of a function by an execution. */
export interface FleetCaller {
  call(execution: string, event: string): Promise<InvocationResult>;
}

/** What an execution or a call came to. */
type End = InvocationResult & { readonly atMs: number };

/** The call of one session, or of a child execution, in an execution's history. */
export interface Call {
  readonly name: string;
  readonly startedAtMs: number;
  /** Of a child execution. */
  readonly executionArn: string | undefined;
  end?: End;
}

export interface DurableExecution {
  readonly arn: string;
  readonly name: string;
  readonly input: string;
  readonly startedAtMs: number;
  readonly calls: Call[];
  /** Resolves when it has ended. */
  readonly ended: Promise<InvocationResult>;
  end?: End;
}

export interface DurableExecutionsOptions {
  readonly fleet: DeployedFunction;
  /** The addresses of the stand-ins. */
  readonly overrides: Readonly<Record<string, string>>;
  /** Invokes the logout function. */
  readonly invoke: Invoke;
}

const HOST = fileURLToPath(new URL('fleet-host.ts', import.meta.url));

/** The executions of the fleet on this machine. Its process starts with the first. */
export class DurableExecutions {
  /** Whether the executions' waits take no time. To be set before the first execution. */
  skipsWaits = false;
  /** With its alias. */
  readonly functionName: string;
  /** The newest first. */
  readonly all: DurableExecution[] = [];
  readonly #options: DurableExecutionsOptions;
  #process: ChildProcess | undefined;
  #host: FleetHost | undefined;

  constructor(options: DurableExecutionsOptions) {
    this.functionName = `${options.fleet.name}:${FLEET_ALIAS}`;
    this.#options = options;
  }

  /**
   * "If you invoke a durable function using a name that already exists with the same payload, Lambda returns the existing
   * execution. If the payload differs, Lambda returns a DurableExecutionAlreadyStartedException error." (Invoke)
   */
  start(input: string, name: string = randomUUID()): DurableExecution {
    const known = this.all.find((execution) => execution.name === name);
    if (known?.input === input) return known;
    if (known !== undefined) throw new AwsError('DurableExecutionAlreadyStartedException', name);
    const functionArn = `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${this.#options.fleet.name}`;
    const arn = `${functionArn}:1/durable-execution/${name}/${randomUUID()}`;
    this.#host ??= this.#startHost();
    const ended = this.#host.run(arn, input).catch(failure);
    const execution: DurableExecution = { arn, name, input, startedAtMs: Date.now(), calls: [], ended };
    this.all.unshift(execution);
    void ended.then((result) => {
      execution.end = { ...result, atMs: Date.now() };
    });
    return execution;
  }

  find(arn: string): DurableExecution {
    const execution = this.all.find((each) => each.arn === arn);
    if (execution === undefined) throw new AwsError('ResourceNotFoundException', 'no such execution');
    return execution;
  }

  close(): void {
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
    const end = () => {
      host.$close(new Error('the process of the fleet has ended'));
      if (this.#process === child) this.#host = undefined;
    };
    // A message to a process that is ending is an error, and its exit is told a moment later.
    child.on('error', end).on('exit', end);
    return host;
  }

  async #call(execution: string, payload: string): Promise<InvocationResult> {
    const { calls } = this.find(execution);
    const event: unknown = JSON.parse(payload);
    const session = v.safeParse(fleetCallSchema, event);
    const child = session.success ? undefined : this.start(payload);
    const call: Call = {
      name: session.success ? session.output.fleet.session : 'sessions',
      startedAtMs: Date.now(),
      executionArn: child?.arn,
    };
    calls.push(call);
    const result = await (child?.ended ??
      this.#options.invoke(event).then((invocation) => invocation.result));
    call.end = { ...result, atMs: Date.now() };
    return result;
  }
}

function failure({ name, message }: Error): InvocationResult {
  return { kind: 'failed', error: { errorType: name, errorMessage: message, trace: [] } };
}
