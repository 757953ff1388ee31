import { LambdaClient } from '@aws-sdk/client-lambda';
import type { Target } from '../target.ts';
import { mailIsConfirmed, noAlarmRings } from './alarm-checks.ts';
import type { Check, TriedSessions } from './check.ts';
import type { DeployedStack } from './deployed-stack.ts';
import { functionIsActive, roleReadsSessions } from './function-checks.ts';
import { lastRunSucceeded } from './last-run-check.ts';
import { scheduleFires } from './schedule-check.ts';
import { webhookAnswers } from './webhook-check.ts';

export function deployedChecks(
  target: Target,
  stack: DeployedStack,
  sessions: TriedSessions,
): readonly Check[] {
  const { functionName, webhookUrl: url, webhookAuth: auth } = stack;
  // Without outputs, the stack has never been deployed as a whole.
  if (functionName === undefined || url === undefined) return [];
  const lambda = new LambdaClient(target.clientConfig);
  return [
    functionIsActive(lambda, functionName),
    roleReadsSessions(lambda, functionName, sessions.readable),
    webhookAnswers(target, { url, auth, session: sessions.usable }),
    scheduleFires(target, stack),
    mailIsConfirmed(target, stack),
    noAlarmRings(target, stack),
    lastRunSucceeded(target, stack),
  ];
}
