import { InvokeCommand, LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import { FAILURES } from '../../../lambda/core/failure-codes.ts';
import { type Finding, notConfigured, notOk, ok } from './check.ts';
import type { DeployedFunction } from './deployed-stack.ts';

/** What prevents the function from running (AWS Lambda Developer Guide, "Lambda function states"). */
export function faultOf({ State, StateReasonCode, LastUpdateStatus }: DeployedFunction): Finding | undefined {
  if (State === 'Active' && LastUpdateStatus !== 'Failed') return undefined;
  const words = State === 'Active' ? 'its last update failed' : [State, StateReasonCode].join(', ');
  return notOk(
    `The function is not ready (${words}).`,
    'Try again in a minute. If it stays so, deploy again: npm run deploy',
  );
}

/** Of an invocation: a code of ours, or a name of Lambda's runtime such as `Sandbox.Timedout`. */
const errorSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ errorType: v.pipe(v.string(), v.regex(/^[\w.]{1,64}$/)) }),
);

/** Codes of failures that the function finds in a session which it has read. */
const OF_THE_SESSION: readonly string[] = [
  'session_busy',
  'session_invalid',
  'reauthentication_required',
  'cooling_down',
  'secret_full',
] satisfies (keyof typeof FAILURES)[];

/**
 * Invokes the function with `check`, which spends nothing.
 * @param session whose secret can be read; `undefined` if there is none
 */
export async function examineFunction(
  config: LambdaClientConfig,
  functionName: string,
  session: string | undefined,
): Promise<Finding> {
  if (session === undefined) return notConfigured('There is no session that the function could read.');
  const command = new InvokeCommand({
    FunctionName: functionName,
    Payload: JSON.stringify({ action: 'check', session }),
  });
  const { FunctionError, Payload } = await new LambdaClient(config).send(command);
  const canRead = ok(`The function can read the session ${session}.`);
  if (FunctionError === undefined) return canRead;
  const error = v.safeParse(errorSchema, Payload?.transformToString());
  const errorType = error.success ? error.output.errorType : 'unknown error';
  if (OF_THE_SESSION.includes(errorType)) return canRead;
  if (errorType === 'secrets_unavailable') {
    return notOk(
      `The function cannot read the session ${session} (${errorType}).`,
      'Its role, the secret’s policy or the secret’s KMS key denies it. See "secrets_unavailable" in docs/runbook.md.',
    );
  }
  return notOk(
    `The function failed (${errorType}).`,
    Object.hasOwn(FAILURES, errorType)
      ? `See "${errorType}" in docs/runbook.md.`
      : 'See the function’s log; docs/runbook.md shows how.',
  );
}
