import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import type { Target } from '../target.ts';
import { type Finding, notConfigured, notOk, ok } from './check.ts';

/** Of an invocation: a code of ours, or a name of Lambda's runtime such as `Sandbox.Timedout`. */
const errorSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ errorType: v.pipe(v.string(), v.regex(/^[\w.]{1,64}$/)) }),
);

/**
 * Invokes the function with `check`, which spends nothing.
 * @param session whose secret can be read; `undefined` if there is none
 */
export async function examineFunction(
  { clientConfig, stackName }: Target,
  session: string | undefined,
): Promise<Finding> {
  if (session === undefined) return notConfigured('There is no session that the function could read.');
  const command = new InvokeCommand({
    FunctionName: stackName,
    Payload: JSON.stringify({ action: 'check', session }),
  });
  const { FunctionError, Payload } = await new LambdaClient(clientConfig).send(command);
  const error = v.safeParse(errorSchema, Payload?.transformToString());
  const code = error.success ? error.output.errorType : 'unknown error';
  if (FunctionError === undefined || code === 'session_invalid') {
    return ok(`The function can read the session ${session}.`);
  }
  return notOk(
    `The function cannot check the session ${session} (${code}).`,
    `See "${code}" in docs/runbook.md, or the function’s log.`,
  );
}
