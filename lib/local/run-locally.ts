import { once } from 'node:events';
import { signIn } from './local-session.ts';
import { LOCAL_ACCOUNTS, LOCAL_SESSIONS } from './local-sessions.ts';
import { type LocalStack, startLocalStack } from './local-stack.ts';
import { chapter, fullOutput, incident, invitation, opening, scene, verdict } from './narration.ts';
import { type Stop, tour } from './tour.ts';

const SESSIONS = Object.values(LOCAL_SESSIONS);

export interface LocalRunOptions {
  /** Goes on listening until `signal` says so. */
  readonly serve: boolean;
  /** Shows all that a run prints. */
  readonly verbose: boolean;
  /** As `LocalStackOptions` has them. */
  readonly port?: number;
  readonly assembly?: string;
  readonly signal: AbortSignal;
}

/** Tells the story. Resolves with whether every run came out right. */
export async function runLocally(options: LocalRunOptions): Promise<boolean> {
  const { serve, verbose, signal } = options;
  console.log(opening());
  const stack = await startLocalStack({ accounts: LOCAL_ACCOUNTS, ...options });
  try {
    signAllIn(stack);
    console.log(scene(stack, SESSIONS));
    const stops: Stop[] = [];
    for await (const stop of tour(stack)) {
      stops.push(stop);
      console.log(chapter(stops.length, stop));
      if (verbose) console.log(`${fullOutput(stop.invocation)}\n`);
      signal.throwIfAborted();
    }
    console.log(verdict(stops));
    if (serve) await listen(stack, verbose, signal);
    return stops.every(({ faults }) => faults.length === 0);
  } finally {
    await stack.close();
  }
}

async function listen(stack: LocalStack, verbose: boolean, signal: AbortSignal): Promise<void> {
  signAllIn(stack);
  console.log(invitation(stack, SESSIONS));
  stack.onInvocation = (invocation) => {
    console.log(incident(invocation));
    if (verbose) console.log(fullOutput(invocation));
  };
  if (!signal.aborted) await once(signal, 'abort');
}

function signAllIn(stack: LocalStack): void {
  for (const session of SESSIONS) signIn(stack, session);
}
