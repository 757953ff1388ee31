import { join } from 'node:path';
import type { DurableLambdaHandler } from '@aws/durable-execution-sdk-js';
import { LocalDurableTestRunner } from '@aws/durable-execution-sdk-js-testing';
import { createBirpc } from 'birpc';
import { fleetName } from '../../lambda/core/stack-name.ts';
import { FLEET_ALIAS } from '../../lambda/fleet/environment.ts';
import type { FleetCaller, FleetHost } from './durable-executions.ts';

/** Runs in the fleet's process in place of Lambda: AWS's local runner with the built handler. Its parent makes the calls. */

const { LAMBDA_TASK_ROOT: root = '', BLINK_LOGOUT_NAME: stack = '' } = process.env;
const [, , skipsWaits] = process.argv;
const { handler }: { readonly handler: DurableLambdaHandler } = await import(join(root, 'handler.cjs'));

await LocalDurableTestRunner.setupTestEnvironment({ skipTime: skipsWaits === 'true' });
const host: FleetHost = {
  async run(execution, event) {
    const runner = new LocalDurableTestRunner({ handlerFunction: handler });
    for (const name of [stack, `${fleetName(stack)}:${FLEET_ALIAS}`]) {
      runner.registerFunction(name, async (called: unknown) => {
        const result = await parent.call(execution, JSON.stringify(called));
        if (result.kind === 'failed') throw new Error(result.error.errorMessage);
        return result.payload;
      });
    }
    const ended = await runner.run({ payload: JSON.parse(event) });
    if (ended.getStatus() === 'SUCCEEDED') return { kind: 'returned', payload: ended.getResult() ?? null };
    const { errorType = '', errorMessage = '' } = ended.getError();
    return { kind: 'failed', error: { errorType, errorMessage, trace: [] } };
  },
};
const parent = createBirpc<FleetCaller, FleetHost>(host, {
  post: (message) => process.send?.(message),
  on: (hear) => process.on('message', hear),
  timeout: -1,
});
process.on('disconnect', () => process.exit(0));
