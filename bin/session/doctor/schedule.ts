import { DescribeRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { parseScheduleExpression } from '../../../lib/schedule-expression.ts';
import { nextTimes } from '../../../lib/schedule-times.ts';
import type { Target } from '../target.ts';
import { type Finding, notConfigured, notOk, ok } from './check.ts';
import type { DeployedStack } from './deployed-stack.ts';

const MINUTE_MS = 60_000;

export interface DeployedSchedule {
  readonly expression: string;
  readonly timeZone: string;
  readonly isEnabled: boolean;
}

/** A schedule with a time zone is EventBridge Scheduler's. Otherwise the rule has it, which is disabled without a schedule. */
export async function readSchedule(
  { clientConfig }: Target,
  stack: DeployedStack,
): Promise<DeployedSchedule | undefined> {
  const [Name] = stack.ids('AWS::Scheduler::Schedule', 'Schedule');
  if (Name !== undefined) {
    const found = await new SchedulerClient(clientConfig).send(new GetScheduleCommand({ Name }));
    const {
      State,
      ScheduleExpression: expression = '',
      ScheduleExpressionTimezone: timeZone = 'UTC',
    } = found;
    return { expression, timeZone, isEnabled: State !== 'DISABLED' };
  }
  const [rule] = stack.ids('AWS::Events::Rule', 'Schedule');
  const found = await new EventBridgeClient(clientConfig).send(new DescribeRuleCommand({ Name: rule }));
  const { State, ScheduleExpression: expression = '' } = found;
  return State === 'DISABLED' ? undefined : { expression, timeZone: 'UTC', isEnabled: true };
}

export function examineSchedule(schedule: DeployedSchedule | undefined): Finding {
  if (schedule === undefined) {
    return notConfigured(
      'No schedule fires. Only the webhook and you log sessions out.',
      'To have one, add "schedule" to settings.json and deploy.',
      'If the rule was disabled by hand, enable it in the console of Amazon EventBridge.',
    );
  }
  const words = scheduleWords(schedule);
  if (!schedule.isEnabled) {
    return notOk(
      `The schedule ${words} is disabled.`,
      'Enable it in the console of Amazon EventBridge, under Scheduler.',
    );
  }
  const parsed = parseScheduleExpression(schedule.expression);
  if (parsed.kind === 'rate') return ok(`The schedule is ${words}, counted from when it was enabled.`);
  const [next] = nextTimes(parsed, { after: new Date(), count: 1, timeZone: schedule.timeZone });
  return next === undefined
    ? notOk(`The schedule ${words} never fires again.`, 'Change "schedule" in settings.json and deploy.')
    : ok(`The schedule is ${words}. Next: ${next}.`);
}

/** After the first time, a run may still be at work. */
export function hasFiredTwiceSince({ expression, timeZone }: DeployedSchedule, since: Date): boolean {
  const parsed = parseScheduleExpression(expression);
  if (parsed.kind === 'rate') return Date.now() - since.getTime() > 2 * parsed.everyMinutes * MINUTE_MS;
  const [, second] = nextTimes(parsed, { after: since, count: 2, timeZone });
  return second !== undefined && second.getTime() < Date.now();
}

export function scheduleWords({ expression, timeZone }: DeployedSchedule): string {
  return timeZone === 'UTC' ? expression : `${expression} in ${timeZone}`;
}
