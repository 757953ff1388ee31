import { LambdaClient } from '@aws-sdk/client-lambda';
import type { DeployedSettings } from '../../../lib/settings-in-force.ts';
import type { Target } from '../target.ts';
import { mailIsConfirmed, noAlarmRings } from './alarm-checks.ts';
import type { Check, TriedSessions } from './check.ts';
import type { DeployedStack } from './deployed-stack.ts';
import { functionIsActive, roleReadsSessions } from './function-checks.ts';
import { lastRunSucceeded } from './last-run-check.ts';
import { scheduleFires } from './schedule-check.ts';
import { examineSettings } from './settings-check.ts';
import { webhookAnswers } from './webhook-check.ts';

export function deployedChecks(
  target: Target,
  stack: DeployedStack,
  sessions: TriedSessions,
  deployed: DeployedSettings,
): readonly Check[] {
  const { functionName, webhookUrl: url, webhookAuth: auth } = stack;
  // Without outputs, the stack has never been deployed as a whole.
  if (functionName === undefined || url === undefined) return [];
  const { schedule, alarmEmail } = deployed.kind === 'recorded' ? deployed.settings : {};
  const lambda = new LambdaClient(target.clientConfig);
  return [
    functionIsActive(lambda, functionName),
    roleReadsSessions(lambda, functionName, sessions.readable),
    webhookAnswers(target, { url, auth, session: sessions.usable }),
    scheduleFires(target, stack, schedule !== undefined),
    mailIsConfirmed(target, stack, alarmEmail !== undefined),
    noAlarmRings(target, stack),
    lastRunSucceeded(target, stack),
    {
      name: 'settings',
      service: {
        name: 'CloudFormation',
        permissions: [{ action: 'cloudformation:GetTemplateSummary', resource: `stack/${stack.name}/*` }],
      },
      look: async () => examineSettings(stack.name, deployed),
    },
  ];
}
