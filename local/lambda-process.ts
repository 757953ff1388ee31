import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import type { DeployedFunction } from './deployment.ts';
import { lambdaEnvironment } from './lambda-environment.ts';

/** A finished invocation. */
export interface FinishedInvocation {
  readonly requestId: string;
  /** For the first invocation of a process: the time to load the handler's module, in addition to `durationMs`. */
  readonly initMs: number | undefined;
  readonly durationMs: number;
  readonly result: InvocationResult;
  /** The lines that the process printed. For a cold start, this includes the output while it was loading. */
  readonly output: readonly string[];
}

/** Invokes a function, of which the caller needs only the result. */
export type Invoke = (event: unknown) => Promise<Pick<FinishedInvocation, 'result'>>;

/** An invocation, as a line of the process's standard input. */
export interface InvocationMessage {
  readonly requestId: string;
  readonly deadlineEpochMs: number;
  readonly event: unknown;
}

const errorSchema = v.object({ errorType: v.string(), errorMessage: v.string(), trace: v.array(v.string()) });

/** A failed invocation's error, as its caller receives it. */
export type LambdaError = v.InferOutput<typeof errorSchema>;

/**
 * A line of the process's output after a null character, which no handler prints: how an invocation ended. The first is of
 * the loading, which returns its milliseconds.
 */
const resultSchema = v.variant('kind', [
  v.object({ kind: v.literal('returned'), payload: v.unknown() }),
  v.object({ kind: v.literal('failed'), error: errorSchema }),
]);

export type InvocationResult = v.InferOutput<typeof resultSchema>;

const BOOTSTRAP = fileURLToPath(new URL('lambda-bootstrap.ts', import.meta.url));

/** Both of the process's outputs in one pipe, so that its lines and results stay in order. */
const COMMAND = ['-c', 'exec "$0" "$1" 2>&1', process.execPath, BOOTSTRAP];

/** An execution environment: a process that loads the function once and runs one invocation at a time. */
export class LambdaProcess {
  readonly #fn: DeployedFunction;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #exit: Promise<unknown>;
  #output: string[] = [];
  #loaded: Promise<InvocationResult | undefined> | undefined;

  /** @param overrides variables that override those of the template, such as the stand-ins' addresses */
  constructor(fn: DeployedFunction, overrides: Readonly<Record<string, string>> = {}) {
    this.#fn = fn;
    this.#child = spawn('sh', COMMAND, {
      cwd: fn.assetDirectory,
      env: lambdaEnvironment(fn, overrides),
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#exit = once(this.#child, 'exit');
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    // Its end is read from its output.
    this.#child.stdin.on('error', () => {});
  }

  /** Whether it can run another invocation. */
  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Never rejects: the end of the process is also a result. */
  async invoke(event: unknown): Promise<FinishedInvocation> {
    const requestId = randomUUID();
    const isCold = this.#loaded === undefined;
    this.#loaded ??= this.#nextResult();
    const loaded = await this.#loaded;
    const startedAt = performance.now();
    const result = loaded?.kind === 'returned' ? await this.#run(requestId, event) : this.#exited(requestId);
    const durationMs = performance.now() - startedAt;
    const initMs = isCold ? Number(loaded?.kind === 'returned' && loaded.payload) : undefined;
    const output = this.#output;
    this.#output = [];
    return { requestId, initMs, durationMs, result, output };
  }

  /** Ends the process at once. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }

  async #run(requestId: string, event: unknown): Promise<InvocationResult> {
    const { timeoutSeconds } = this.#fn;
    const deadlineEpochMs = Date.now() + timeoutSeconds * 1000;
    const message: InvocationMessage = { requestId, deadlineEpochMs, event };
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
    let hasTimedOut = false;
    const timer = setTimeout(() => {
      hasTimedOut = true;
      this.#child.kill('SIGKILL');
    }, timeoutSeconds * 1000);
    const result = await this.#nextResult();
    clearTimeout(timer);
    if (!hasTimedOut) return result ?? this.#exited(requestId);
    const seconds = timeoutSeconds.toFixed(2);
    return runtimeFailure('Sandbox.Timedout', requestId, `Task timed out after ${seconds} seconds`);
  }

  /** Reads the output up to the next result, or to its end. */
  async #nextResult(): Promise<InvocationResult | undefined> {
    for (;;) {
      const { done, value: line } = await this.#lines.next();
      if (done) {
        await this.#exit;
        return undefined;
      }
      const [printed = '', result] = line.split('\0');
      if (printed !== '' || result === undefined) this.#output.push(printed);
      if (result !== undefined) return v.parse(resultSchema, JSON.parse(result));
    }
  }

  #exited(requestId: string): InvocationResult {
    const { exitCode, signalCode } = this.#child;
    const how = signalCode === null ? `exit status ${exitCode}` : 'signal: killed';
    return runtimeFailure('Runtime.ExitError', requestId, `Runtime exited with error: ${how}`);
  }
}

/** Errors of the runtime have Lambda's own texts. */
function runtimeFailure(errorType: string, requestId: string, reason: string): InvocationResult {
  const errorMessage = `RequestId: ${requestId} Error: ${reason}`;
  return { kind: 'failed', error: { errorType, errorMessage, trace: [] } };
}
