import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { InvocationMessage, InvocationResult, LambdaError } from './lambda-process.ts';

/**
 * Runs in the function's process in place of Lambda's Node.js runtime: loads the handler once, then runs the invocations
 * that its parent (lambda-process.ts) sends, one at a time. Writes to a pipe are synchronous on POSIX. An error that nobody
 * catches is printed and ends the process, as Node does by itself.
 */

type Handler = (event: unknown, context: object) => unknown;

/** Lambda's runtime imports the handler's module, of either kind, and looks for these names (aws-lambda-ric 4.0.2). */
async function loadHandler(): Promise<Handler> {
  const [moduleName = '', exportName = ''] = (process.env['_HANDLER'] ?? '').split('.');
  const path = join(process.env['LAMBDA_TASK_ROOT'] ?? '', moduleName);
  const file = ['.js', '.mjs', '.cjs'].map((suffix) => path + suffix).find(existsSync) ?? path;
  return (await import(file))[exportName];
}

/** A thrown value in the form in which Lambda returns it to the caller. */
function toLambdaError(error: unknown): LambdaError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] };
}

/**
 * The line that Lambda's runtime writes for a thrown error with JSON logging: the class of the error, and all its enumerable
 * fields, `name` among them (aws-lambda-ric 3.3.0, LogPatch.js).
 */
function logError(thrown: unknown, requestId: string): void {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const message = {
    errorType: error.constructor.name,
    errorMessage: error.message,
    stackTrace: error.stack?.split('\n'),
    ...error,
  };
  const line = { timestamp: new Date().toISOString(), level: 'ERROR', requestId, message };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function send(result: InvocationResult): void {
  process.stdout.write(`\0${JSON.stringify(result)}\n`);
}

async function run(handler: Handler, message: InvocationMessage): Promise<void> {
  const { requestId, deadlineEpochMs, event } = message;
  // What the function reads of it.
  const context = {
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => deadlineEpochMs - Date.now(),
  };
  try {
    send({ kind: 'returned', payload: (await handler(event, context)) ?? null });
  } catch (error) {
    logError(error, requestId);
    send({ kind: 'failed', error: toLambdaError(error) });
  }
}

const startedAt = performance.now();
const handler = await loadHandler();
createInterface({ input: process.stdin })
  .on('line', (line) => void run(handler, JSON.parse(line)))
  .on('close', () => process.exit(0));
send({ kind: 'returned', payload: performance.now() - startedAt });
