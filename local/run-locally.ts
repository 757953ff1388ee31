import { once } from 'node:events';
import { localPorts, requireFree } from './local-ports.ts';
import { signIn } from './local-session.ts';
import { LOCAL_ACCOUNTS, LOCAL_SESSIONS } from './local-sessions.ts';
import { type LocalStack, startLocalStack } from './local-stack.ts';
import {
  renderBlinkCall,
  renderInvocation,
  renderOpening,
  renderOutput,
  renderResult,
  renderServing,
  renderSetup,
  renderStep,
  renderWayOn,
} from './narration.ts';
import { plannedSteps, runStep, type Step } from './run-steps.ts';

export interface LocalRunOptions {
  /** Keeps listening until `signal` is aborted. */
  readonly serve: boolean;
  /** Shows everything that a run prints. */
  readonly verbose: boolean;
  /** As `LocalStackOptions` has them. */
  readonly port?: number;
  readonly assembly?: string;
  readonly signal: AbortSignal;
}

/** Runs and prints the steps. Resolves with whether all of them succeeded. */
export async function runLocally(options: LocalRunOptions): Promise<boolean> {
  const { serve, verbose, port, signal } = options;
  if (port !== undefined) await requireFree(localPorts(port));
  console.log(renderOpening());
  const stack = await startLocalStack({ accounts: LOCAL_ACCOUNTS, ...options });
  try {
    signal.throwIfAborted();
    console.log(renderSetup(stack));
    const interrupted = once(signal, 'abort').then((): never => {
      throw signal.reason;
    });
    interrupted.catch(() => {});
    const steps: Step[] = [];
    for (const plan of plannedSteps(stack)) {
      const step = await Promise.race([runStep(stack, plan), interrupted]);
      steps.push(step);
      console.log(renderStep(steps.length, step));
      if (verbose) for (const each of step.invocations) console.log(`${renderOutput(each)}\n`);
      // The fleet repeats for a while what fails.
      if (step.faults.length > 0) break;
    }
    console.log(renderResult(steps));
    if (serve) await listen(stack, verbose, signal);
    else console.log(renderWayOn());
    return steps.every(({ faults }) => faults.length === 0);
  } finally {
    await stack.close();
  }
}

async function listen(stack: LocalStack, verbose: boolean, signal: AbortSignal): Promise<void> {
  for (const session of Object.values(LOCAL_SESSIONS)) signIn(stack, session);
  console.log(renderServing(stack));
  // Also of the commands, whose runs are not the function's.
  stack.blink.faults.onCall = (call, moment) => {
    if (moment === 'before') console.log(renderBlinkCall(call));
    return undefined;
  };
  stack.onInvocation = (invocation) => {
    console.log(renderInvocation(invocation));
    if (verbose) console.log(renderOutput(invocation));
  };
  if (!signal.aborted) await once(signal, 'abort');
}
