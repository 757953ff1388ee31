import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import type { DeployedFunction } from './deployment.ts';
import { functionArn, lambdaEnvironment } from './lambda-environment.ts';
import { END_OF_OUTPUT, type InvocationMessage } from './lambda-protocol.ts';

/** A finished invocation. */
export interface FinishedInvocation {
  readonly requestId: string;
  readonly event: unknown;
  /** `cold` for the first invocation of a process. */
  readonly start: 'cold' | 'warm';
  /** The time to load the handler's module, in addition to `durationMs`. 0 for a warm start. */
  readonly initMs: number;
  readonly durationMs: number;
  readonly result: InvocationResult;
  /** The lines that the process printed. For a cold start, this includes the output while it was loading. */
  readonly output: readonly string[];
}

export type InvocationResult =
  | { readonly kind: 'returned'; readonly payload: unknown }
  | { readonly kind: 'failed'; readonly error: LambdaError };

const BOOTSTRAP = fileURLToPath(new URL('lambda-bootstrap.ts', import.meta.url));

const errorSchema = v.object({ errorType: v.string(), errorMessage: v.string(), trace: v.array(v.string()) });

/** A failed invocation's error, as its caller receives it. */
export type LambdaError = v.InferOutput<typeof errorSchema>;

/** Process to parent. The process exits after `dying`. */
const messageSchema = v.variant('kind', [
  v.object({ kind: v.literal('ready'), initMs: v.number() }),
  v.object({ kind: v.literal('returned'), payload: v.string() }),
  v.object({ kind: v.picklist(['failed', 'dying']), error: errorSchema }),
]);
export type RuntimeMessage = v.InferOutput<typeof messageSchema>;
type Ready = Extract<RuntimeMessage, { kind: 'ready' }>;

/** An answer to an invocation, or the end of the process without one. */
type ProcessAnswer =
  | Exclude<RuntimeMessage, Ready>
  | { readonly kind: 'timed out' }
  | { readonly kind: 'exited'; readonly exitCode: number | null; readonly signal: NodeJS.Signals | null };

/** An execution environment: a process that loads the function once and runs one invocation at a time. */
export class LambdaProcess {
  readonly #fn: DeployedFunction;
  readonly #child: ChildProcess;
  readonly #loaded = Promise.withResolvers<Ready | ProcessAnswer>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #unheard: RuntimeMessage[] = [];
  readonly #marks = new Map<Readable, number>();
  #answer = Promise.withResolvers<ProcessAnswer>();
  #end: ProcessAnswer | undefined;
  readonly #output: string[] = [];
  #start: 'cold' | 'warm' = 'cold';

  /** @param overrides variables that override those of the template, such as the stand-ins' addresses */
  constructor(fn: DeployedFunction, overrides: Readonly<Record<string, string>> = {}) {
    this.#fn = fn;
    const child = spawn(process.execPath, [BOOTSTRAP], {
      cwd: fn.assetDirectory,
      env: lambdaEnvironment(fn, overrides),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) if (stream !== null) this.#collect(stream);
    child.on('message', (message) => {
      this.#unheard.push(v.parse(messageSchema, message));
      this.#hear();
    });
    child.on('error', () => {
      // A message was sent to a process that is exiting. `close` reports the end.
    });
    child.on('close', (exitCode, signal) => {
      this.#finish({ kind: 'exited', exitCode, signal });
      this.#closed.resolve();
    });
  }

  /** Whether it can run another invocation. */
  get alive(): boolean {
    return this.#end === undefined;
  }

  /** Never rejects: the end of the process is also a result. */
  async invoke(event: unknown): Promise<FinishedInvocation> {
    const requestId = randomUUID();
    const start = this.#start;
    this.#start = 'warm';
    const loaded = await this.#loaded.promise;
    const startedAt = performance.now();
    const answer = loaded.kind === 'ready' ? await this.#run(requestId, event) : loaded;
    return {
      requestId,
      event,
      start,
      initMs: start === 'cold' && loaded.kind === 'ready' ? loaded.initMs : 0,
      durationMs: performance.now() - startedAt,
      result: this.#toResult(answer, requestId),
      output: this.#output.splice(0),
    };
  }

  /** Ends the process at once. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed.promise;
  }

  async #run(requestId: string, event: unknown): Promise<ProcessAnswer> {
    if (this.#end !== undefined) return this.#end;
    this.#answer = Promise.withResolvers();
    const timeoutMs = this.#fn.timeoutSeconds * 1000;
    const message: InvocationMessage = {
      requestId,
      deadlineEpochMs: Date.now() + timeoutMs,
      functionArn: functionArn(this.#fn),
      event: JSON.stringify(event),
    };
    this.#child.send(message);
    const timer = setTimeout(() => {
      this.#finish({ kind: 'timed out' });
      this.#child.kill('SIGKILL');
    }, timeoutMs);
    const answer = await this.#answer.promise;
    clearTimeout(timer);
    // Waits for the output before the end.
    if (!this.alive) await this.#closed.promise;
    return answer;
  }

  #collect(stream: Readable): void {
    this.#marks.set(stream, 0);
    createInterface({ input: stream }).on('line', (line) => {
      if (line !== END_OF_OUTPUT) {
        this.#output.push(line);
        return;
      }
      this.#marks.set(stream, (this.#marks.get(stream) ?? 0) + 1);
      this.#hear();
    });
  }

  /** Handles a message when all output before it has been read. */
  #hear(): void {
    const [message] = this.#unheard;
    if (message === undefined || [...this.#marks.values()].some((count) => count === 0)) return;
    this.#unheard.shift();
    for (const [stream, count] of this.#marks) this.#marks.set(stream, count - 1);
    if (message.kind === 'ready') this.#loaded.resolve(message);
    else if (message.kind === 'dying') this.#finish(message);
    else this.#answer.resolve(message);
  }

  #finish(end: ProcessAnswer): void {
    this.#end ??= end;
    this.#loaded.resolve(end);
    this.#answer.resolve(end);
  }

  /** Errors of the runtime have Lambda's own texts. */
  #toResult(answer: ProcessAnswer, requestId: string): InvocationResult {
    switch (answer.kind) {
      case 'returned':
        return { kind: 'returned', payload: JSON.parse(answer.payload) };
      case 'failed':
      case 'dying':
        return { kind: 'failed', error: answer.error };
      case 'timed out':
        return platformFailure(
          'Sandbox.Timedout',
          requestId,
          `Task timed out after ${this.#fn.timeoutSeconds.toFixed(2)} seconds`,
        );
      case 'exited':
        return platformFailure('Runtime.ExitError', requestId, exitReason(answer.exitCode, answer.signal));
    }
  }
}

function platformFailure(errorType: string, requestId: string, reason: string): InvocationResult {
  const errorMessage = `RequestId: ${requestId} Error: ${reason}`;
  return { kind: 'failed', error: { errorType, errorMessage, trace: [] } };
}

function exitReason(exitCode: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGKILL') return 'Runtime exited with error: signal: killed';
  if (signal !== null) return `Runtime exited with error: signal: ${signal}`;
  return exitCode === 0
    ? 'Runtime exited without providing a reason'
    : `Runtime exited with error: exit status ${exitCode}`;
}
