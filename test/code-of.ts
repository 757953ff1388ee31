import * as v from 'valibot';
import type { FinishedInvocation } from '../local/lambda-process.ts';
import { runEventOf } from '../local/run-event.ts';

const payloadSchema = v.union([
  v.pipe(
    v.object({ outcome: v.string() }),
    v.transform(({ outcome }) => outcome),
  ),
  v.pipe(
    v.object({ condition: v.string() }),
    v.transform(({ condition }) => condition),
  ),
]);

/** The outcome of a direct invocation, the condition that a check found, or the code of its failure. */
export function codeOf({ result }: Pick<FinishedInvocation, 'result'>): string {
  return result.kind === 'failed' ? result.error.errorType : v.parse(payloadSchema, result.payload);
}

/** With the reason that the run's event has, if it has one. */
export function codeAndReasonOf(invocation: FinishedInvocation): string {
  const reason = runEventOf(invocation)?.['reason'];
  return reason === undefined ? codeOf(invocation) : `${codeOf(invocation)}, ${reason}`;
}
