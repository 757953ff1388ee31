import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import type { Target } from '../target.ts';
import { type Finding, notConfigured, notOk, ok } from './check.ts';

/** Of an invocation: a code of ours, or a name of Lambda's runtime such as `Sandbox.Timedout`. */
const errorSchema = v.fallback(
  v.pipe(v.string(), v.parseJson(), v.object({ errorType: v.pipe(v.string(), v.regex(/^[\w.]{1,64}$/)) })),
  { errorType: 'unknown error' },
);

/**
 * Invokes the function with `check`, which spends nothing.
 * @param session that can be read; `undefined` if there is none
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
  if (FunctionError === undefined) return ok(`The function can read the session ${session}.`);
  const { errorType } = v.parse(errorSchema, Payload?.transformToString());
  return notOk(
    `The function cannot check the session ${session} (${errorType}).`,
    `See "${errorType}" in docs/runbook.md, or the function’s log.`,
  );
}
