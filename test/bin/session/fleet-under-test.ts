import { executeFleet } from '../../../local/fleet.ts';
import type { InvocationResult } from '../../../local/lambda-process.ts';
import {
  type StepFunctionsStandIn,
  startStepFunctions,
} from '../../../local/step-functions/start-step-functions.ts';
import { DEFINITION } from '../../lib/fleet/fleet-under-test.ts';

/** The state machine, with a function that a test plays. */
export interface FleetUnderTest extends StepFunctionsStandIn {
  /** Resolves with the code of a failure. */
  onInvoke: (session: string, action: string) => Promise<string | undefined>;
}

export async function startFleet(options: {
  readonly port: number;
  readonly secretsManagerUrl: string;
}): Promise<FleetUnderTest> {
  const { port, secretsManagerUrl } = options;
  const standIn = await startStepFunctions({
    port,
    async execute(input, hooks) {
      const { execution } = await executeFleet(
        {
          definition: DEFINITION,
          secretsManagerUrl,
          waitsMs: { 'Spread the start': 0 },
          retriesMs: { 'Log out': [0, 0, 0] },
          invoke: async (event) => ({
            requestId: 'of the test',
            event,
            start: 'warm',
            initMs: 0,
            durationMs: 0,
            output: [],
            result: await resultOf(event as { readonly session: string; readonly action: string }),
          }),
          ...hooks,
        },
        input,
      );
      return execution;
    },
  });
  const fleet: FleetUnderTest = { ...standIn, onInvoke: async () => undefined };
  return fleet;

  async function resultOf(event: {
    readonly session: string;
    readonly action: string;
  }): Promise<InvocationResult> {
    const code = await fleet.onInvoke(event.session, event.action);
    if (code === undefined) return { kind: 'returned', payload: {} };
    return { kind: 'failed', error: { errorType: code, errorMessage: 'of the test', trace: [] } };
  }
}
