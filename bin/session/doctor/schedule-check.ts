import { DescribeRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import * as v from 'valibot';
import { parseScheduleExpression } from '../../../lib/schedule-expression.ts';
import { nextTimes } from '../../../lib/schedule-times.ts';
import type { Target } from '../target.ts';
import { type Check, type Finding, notConfigured, notOk, ok } from './check.ts';
import type { DeployedStack } from './deployed-stack.ts';

const SHOWN_TIMES = 3;

const ruleSchema = v.object({ State: v.string(), ScheduleExpression: v.string() });

const scheduleSchema = v.object({
  State: v.string(),
  ScheduleExpression: v.string(),
  ScheduleExpressionTimezone: v.optional(v.string()),
});

type Schedule = v.InferOutput<typeof scheduleSchema>;

/** A schedule with a time zone is EventBridge Scheduler's; otherwise the rule has it. */
export function scheduleFires(target: Target, stack: DeployedStack): Check {
  const [schedule] = stack.resources('AWS::Scheduler::Schedule');
  const [rule = ''] = stack.resources('AWS::Events::Rule');
  return schedule === undefined
    ? {
        name: 'schedule',
        async look() {
          const client = new EventBridgeClient(target.clientConfig);
          const found = v.parse(ruleSchema, await client.send(new DescribeRuleCommand({ Name: rule })));
          client.destroy();
          const enable = `If it was disabled by hand: ${target.awsCommandLine('events', 'enable-rule', '--name', rule)}`;
          // The rule is always there, disabled if there is no schedule.
          return found.State === 'DISABLED' ? notConfigured(...NOT_SET, enable) : examine(found, enable);
        },
      }
    : {
        name: 'schedule',
        async look() {
          const client = new SchedulerClient(target.clientConfig);
          const command = new GetScheduleCommand({ Name: schedule });
          const found = v.parse(scheduleSchema, await client.send(command));
          client.destroy();
          return examine(found, `Enable ${schedule} in the console of EventBridge Scheduler.`);
        },
      };
}

const NOT_SET = [
  'No schedule fires. Only the webhook and you log sessions out.',
  'To have one, add "schedule" to settings.json and deploy.',
] as const;

function examine(
  { State, ScheduleExpression: text, ScheduleExpressionTimezone: timeZone }: Schedule,
  enable: string,
): Finding {
  const words = timeZone === undefined ? text : `${text} in ${timeZone}`;
  if (State === 'DISABLED') return notOk(`The schedule ${words} is disabled.`, enable);
  const schedule = parseScheduleExpression(text);
  if (schedule.kind === 'rate') {
    return ok(`The schedule is ${text}, counted from when it was enabled.`);
  }
  const times = nextTimes(schedule, {
    after: new Date(),
    count: SHOWN_TIMES,
    ...(timeZone !== undefined && { timeZone }),
  });
  if (times.length === 0) {
    return notOk(
      `The schedule ${words} never fires again.`,
      'Change "schedule" in settings.json and deploy.',
    );
  }
  return ok(`The schedule is ${words}. Next: ${times.map(inLocalTime).join('; ')}.`);
}

/** Such as `Wed, 25 Nov 2026, 04:00 CET`, in the person's time zone. */
function inLocalTime(time: Date): string {
  return new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(time);
}
