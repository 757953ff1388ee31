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
        const end = await parent.call(execution, JSON.stringify(called));
        if ('error' in end) throw new Error(end.error);
        return JSON.parse(end.result);
      });
    }
    const ended = await runner.run({ payload: JSON.parse(event) });
    return ended.getStatus() === 'SUCCEEDED'
      ? { result: JSON.stringify(ended.getResult() ?? null) }
      : { error: ended.getError().errorMessage ?? '' };
  },
};
const parent = createBirpc<FleetCaller, FleetHost>(host, {
  post: (message) => process.send?.(message),
  on: (hear) => process.on('message', hear),
  timeout: -1,
});
process.on('disconnect', () => process.exit(0));
