import { expect } from 'vitest';
import type { FinishedInvocation } from '../local/lambda-process.ts';

/** What the stand-ins' tokens begin with, and what tests put into every other field that holds a secret. */
export const CANARIES = /eyJ|canary/i;

/** Holds that a run has shown no secret: in nothing that it printed, and in nothing that its caller was told. */
export function withoutCanary(invocation: FinishedInvocation): FinishedInvocation {
  expect(invocation.output.join('\n')).not.toMatch(CANARIES);
  expect(JSON.stringify(invocation.result)).not.toMatch(CANARIES);
  return invocation;
}
