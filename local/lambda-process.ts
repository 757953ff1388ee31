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

export type InvocationResult =
  | { readonly kind: 'returned'; readonly payload: unknown }
  | { readonly kind: 'failed'; readonly error: LambdaError };

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
 * the loading, which returns its milliseconds. The process exits after `dying`.
 */
const messageSchema = v.variant('kind', [
  v.object({ kind: v.literal('returned'), payload: v.pipe(v.string(), v.parseJson()) }),
  v.object({ kind: v.picklist(['failed', 'dying']), error: errorSchema }),
]);
export type RuntimeMessage = v.InferInput<typeof messageSchema>;

/** A message, or the end of the process without one. */
type Answer = v.InferOutput<typeof messageSchema> | { readonly kind: 'exited'; readonly how: string };

const BOOTSTRAP = fileURLToPath(new URL('lambda-bootstrap.ts', import.meta.url));

/** Both of the process's outputs in one pipe, so that its lines and messages stay in order. */
const COMMAND = ['-c', 'exec "$0" "$1" 2>&1', process.execPath, BOOTSTRAP];

/** An execution environment: a process that loads the function once and runs one invocation at a time. */
export class LambdaProcess {
  readonly #fn: DeployedFunction;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #exit: Promise<unknown>;
  #output: string[] = [];
  #loaded: Promise<Answer> | undefined;

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
    this.#loaded ??= this.#answer();
    const loaded = await this.#loaded;
    const startedAt = performance.now();
    const isLoaded = loaded.kind === 'returned';
    const result = isLoaded ? await this.#run(requestId, event) : resultOf(loaded, requestId);
    const durationMs = performance.now() - startedAt;
    const initMs = isCold ? Number(isLoaded && loaded.payload) : undefined;
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
    const answer = await this.#answer();
    clearTimeout(timer);
    if (!hasTimedOut) return resultOf(answer, requestId);
    const seconds = timeoutSeconds.toFixed(2);
    return runtimeFailure('Sandbox.Timedout', requestId, `Task timed out after ${seconds} seconds`);
  }

  /** Reads the output up to the next message, or to its end. */
  async #answer(): Promise<Answer> {
    for (;;) {
      const { done, value: line } = await this.#lines.next();
      if (done) {
        await this.#exit;
        const { exitCode, signalCode } = this.#child;
        return { kind: 'exited', how: signalCode === null ? `exit status ${exitCode}` : 'signal: killed' };
      }
      const [printed = '', message] = line.split('\0');
      if (printed !== '' || message === undefined) this.#output.push(printed);
      if (message === undefined) continue;
      const answer = v.parse(messageSchema, JSON.parse(message));
      if (answer.kind === 'dying') await this.#exit;
      return answer;
    }
  }
}

function resultOf(answer: Answer, requestId: string): InvocationResult {
  switch (answer.kind) {
    case 'returned':
      return answer;
    case 'failed':
    case 'dying':
      return { kind: 'failed', error: answer.error };
    case 'exited':
      return runtimeFailure('Runtime.ExitError', requestId, `Runtime exited with error: ${answer.how}`);
  }
}

/** Errors of the runtime have Lambda's own texts. */
function runtimeFailure(errorType: string, requestId: string, reason: string): InvocationResult {
  const errorMessage = `RequestId: ${requestId} Error: ${reason}`;
  return { kind: 'failed', error: { errorType, errorMessage, trace: [] } };
}
