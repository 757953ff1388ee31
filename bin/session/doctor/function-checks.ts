import type { GetFunctionConfigurationCommandOutput, LambdaClient } from '@aws-sdk/client-lambda';
import { GetFunctionConfigurationCommand, InvokeCommand } from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import { FAILURES } from '../../../lambda/core/failure-codes.ts';
import { type Check, type Finding, notConfigured, notOk, ok } from './check.ts';

export function functionIsActive(client: LambdaClient, functionName: string): Check {
  return {
    name: 'function',
    async look() {
      const command = new GetFunctionConfigurationCommand({ FunctionName: functionName });
      return activity(await client.send(command));
    },
  };
}

/** AWS Lambda Developer Guide, "Lambda function states". */
function activity(configuration: GetFunctionConfigurationCommandOutput): Finding {
  const { State, StateReasonCode, LastUpdateStatus, LastUpdateStatusReasonCode } = configuration;
  switch (State) {
    case 'Active':
      break;
    case 'Pending':
      return notOk('The function is not ready yet (Pending).', 'Try again in a minute.');
    case 'Inactive':
      return notOk(
        'The function is inactive, as it was idle for long.',
        'The next invocation fails and activates it. Try again in a minute.',
      );
    default:
      return notOk(`The function cannot run (${State}, ${StateReasonCode}).`, 'Deploy again: npm run deploy');
  }
  if (LastUpdateStatus === 'Failed') {
    return notOk(
      `The function’s last update failed (${LastUpdateStatusReasonCode}).`,
      'Deploy again: npm run deploy',
    );
  }
  return ok('The function is active.');
}

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
export function roleReadsSessions(
  client: LambdaClient,
  functionName: string,
  session: string | undefined,
): Check {
  return {
    name: 'role',
    async look() {
      if (session === undefined) return notConfigured('There is no session that the function could read.');
      const { FunctionError, Payload } = await client.send(
        new InvokeCommand({
          FunctionName: functionName,
          Payload: JSON.stringify({ action: 'check', session }),
        }),
      );
      if (FunctionError === undefined) return ok(`The function can read the session ${session}.`);
      const error = v.safeParse(errorSchema, Payload?.transformToString());
      return failed(error.success ? error.output.errorType : 'unknown error', session);
    },
  };
}

/** Codes of failures that the function finds in a session which it has read. */
const OF_THE_SESSION: readonly string[] = [
  'session_busy',
  'session_invalid',
  'reauthentication_required',
  'cooling_down',
  'secret_full',
] satisfies (keyof typeof FAILURES)[];

function failed(errorType: string, session: string): Finding {
  if (OF_THE_SESSION.includes(errorType)) return ok(`The function can read the session ${session}.`);
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
      : 'See the function’s log; the runbook, docs/runbook.md, shows how.',
  );
}
