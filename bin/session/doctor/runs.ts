import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { FAILURES } from '../../../lambda/core/failure-codes.ts';
import { metricName } from '../../../lambda/core/metric-name.ts';
import { LOGOUT_OUTCOMES } from '../../../lambda/core/outcome.ts';
import { firingsMs, parseScheduleExpression } from '../../../lib/schedule-expression.ts';
import type { Target } from '../target.ts';
import { duration } from '../terminal/duration.ts';
import { type Finding, notConfigured, notOk, ok } from './check.ts';
import type { DeployedStack } from './deployed-stack.ts';

/** CloudWatch keeps periods of five minutes for 63 days (CloudWatch User Guide, "Metrics retention"). */
const DAYS = 62;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const PERIOD_SECONDS = 300;

/** Of requests that are refused before a session is looked at, as this command's own calls of the webhook are. */
const OF_THE_REQUEST =
  /^(unauthenticated|forbidden|request_invalid|request_too_large|not_found|method_not_allowed)$/;
const CODES = Object.keys(FAILURES).filter((code) => !OF_THE_REQUEST.test(code));

interface DeployedSchedule {
  readonly expression: string;
  readonly timeZone: string;
  readonly isEnabled: boolean;
}

/** A schedule with a time zone is EventBridge Scheduler's. Otherwise the rule has it, which is disabled without a schedule. */
export async function readSchedule(
  { clientConfig }: Target,
  stack: DeployedStack,
): Promise<DeployedSchedule | undefined> {
  const [zoned] = stack.ids('AWS::Scheduler::Schedule', 'Schedule');
  if (zoned !== undefined) {
    const found = await new SchedulerClient(clientConfig).send(new GetScheduleCommand({ Name: zoned }));
    const { ScheduleExpression: expression = '', ScheduleExpressionTimezone: timeZone = 'UTC' } = found;
    return { expression, timeZone, isEnabled: found.State !== 'DISABLED' };
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
  const [nextMs] = firingsMs(parsed, Date.now(), schedule.timeZone);
  return nextMs === undefined
    ? notOk(`The schedule ${words} never fires again.`, 'Change "schedule" in settings.json and deploy.')
    : ok(`The schedule is ${words}. Next: ${new Date(nextMs)}.`);
}

/** How the last run ended, and whether logouts succeed as often as the schedule runs. */
export async function examineLastRun(
  target: Target,
  stack: DeployedStack,
  schedule: DeployedSchedule | undefined,
): Promise<Finding> {
  const newest = await newestResults(target);
  const lastMs = Math.max(...newest.values());
  const last = [...newest].flatMap(([result, atMs]) => (atMs === lastMs ? [result] : []));
  const codes = last.filter((result) => CODES.includes(result));
  const sinceWords = (ms: number) => duration(Date.now() - ms);
  if (codes.length > 0) {
    return notOk(
      `The last run failed with ${codes.join(' and ')}, ${sinceWords(lastMs)} ago.`,
      ...codes.map((code) => `See "${code}" in docs/runbook.md.`),
    );
  }
  // A deployment may have changed the schedule.
  const sinceMs = Math.max(newest.get('logged_out') ?? 0, stack.deployedAtMs);
  if (schedule?.isEnabled && hasFiredTwiceSince(schedule, sinceMs)) {
    return notOk(
      `The schedule is ${scheduleWords(schedule)}, and no logout has succeeded for ${sinceWords(sinceMs)}.`,
      'See "no-success" in docs/runbook.md.',
    );
  }
  return last.length === 0
    ? notConfigured(`There was no run within ${DAYS} days.`)
    : ok(`The last run ended with ${last.join(' and ')}, ${sinceWords(lastMs)} ago.`);
}

/** The time of the newest run with each result. The stack's name is the namespace of its metrics. */
async function newestResults({ clientConfig, stackName }: Target): Promise<ReadonlyMap<string, number>> {
  const nowMs = Date.now();
  const command = new GetMetricDataCommand({
    StartTime: new Date(nowMs - DAYS * DAY_MS),
    EndTime: new Date(nowMs),
    ScanBy: 'TimestampDescending',
    MetricDataQueries: [...LOGOUT_OUTCOMES, ...CODES].map((result, i) => ({
      Id: `m${i}`,
      Label: result,
      MetricStat: {
        Metric: { Namespace: stackName, MetricName: metricName(result) },
        Period: PERIOD_SECONDS,
        Stat: 'Sum',
      },
    })),
  });
  // The first page, of up to 100,800 values, has the newest of each metric.
  const { MetricDataResults: results = [] } = await new CloudWatchClient(clientConfig).send(command);
  return new Map(
    results.flatMap(({ Label = '', Timestamps: [at] = [] }) =>
      at === undefined ? [] : [[Label, at.getTime()] as const],
    ),
  );
}

/** After the first time, a run may still be at work. */
function hasFiredTwiceSince({ expression, timeZone }: DeployedSchedule, sinceMs: number): boolean {
  const parsed = parseScheduleExpression(expression);
  if (parsed.kind === 'rate') return Date.now() - sinceMs > 2 * parsed.everyMinutes * MINUTE_MS;
  const [, secondMs] = firingsMs(parsed, sinceMs, timeZone);
  return secondMs !== undefined && secondMs < Date.now();
}

function scheduleWords({ expression, timeZone }: DeployedSchedule): string {
  return timeZone === 'UTC' ? expression : `${expression} in ${timeZone}`;
}
