import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { DurableLambdaHandler } from '@aws/durable-execution-sdk-js';
import { LocalDurableTestRunner } from '@aws/durable-execution-sdk-js-testing';
import * as v from 'valibot';
import { fleetName } from '../../lambda/core/stack-name.ts';
import { FLEET_ALIAS } from '../../lambda/fleet/environment.ts';
import { type End, type FromHost, SKIP_WAITS, toHostSchema } from './host-protocol.ts';

/** Runs in the fleet's process in place of Lambda: AWS's local runner with the built handler. Its parent makes the calls. */

const { LAMBDA_TASK_ROOT: root = '', BLINK_LOGOUT_NAME: stack = '' } = process.env;
const { handler }: { readonly handler: DurableLambdaHandler } = await import(join(root, 'handler.cjs'));
const answers = new Map<string, (end: End) => void>();
const functions = [stack, `${fleetName(stack)}:${FLEET_ALIAS}`];

await LocalDurableTestRunner.setupTestEnvironment({ skipTime: process.argv.includes(SKIP_WAITS) });
process.on('disconnect', () => process.exit(0));
process.on('message', (sent) => {
  const message = v.parse(toHostSchema, sent);
  switch (message.kind) {
    case 'run':
      void run(message.execution, message.payload);
      break;
    case 'answer':
      answers.get(message.call)?.(message.end);
      answers.delete(message.call);
      break;
  }
});

async function run(execution: string, payload: string): Promise<void> {
  const runner = new LocalDurableTestRunner({ handlerFunction: handler });
  for (const functionName of functions) {
    runner.registerFunction(functionName, (event: unknown) => call(execution, functionName, event));
  }
  const ended = await runner.run({ payload: JSON.parse(payload) });
  const end =
    ended.getStatus() === 'SUCCEEDED'
      ? { result: JSON.stringify(ended.getResult()) }
      : { error: ended.getError().errorMessage ?? '' };
  send({ kind: 'ended', execution, end });
}

async function call(execution: string, functionName: string, event: unknown): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<End>();
  const id = randomUUID();
  answers.set(id, resolve);
  send({ kind: 'call', call: id, execution, functionName, payload: JSON.stringify(event) });
  const end = await promise;
  if ('error' in end) throw new Error(end.error);
  return end.result === undefined ? undefined : JSON.parse(end.result);
}

function send(message: FromHost): void {
  process.send?.(message);
}
