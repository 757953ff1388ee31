import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { FAILURES } from '../../../lambda/core/failure-codes.ts';
import { metricName } from '../../../lambda/core/metric-name.ts';
import { LOGOUT_OUTCOMES } from '../../../lambda/core/outcome.ts';
import type { Target } from '../target.ts';
import { duration } from '../terminal/duration.ts';
import { type Finding, notConfigured, notOk, ok } from './check.ts';
import type { DeployedStack } from './deployed-stack.ts';
import { type DeployedSchedule, hasFiredTwiceSince, scheduleWords } from './schedule.ts';

/** CloudWatch keeps periods of five minutes for 63 days (CloudWatch User Guide, "Metrics retention"). */
const DAYS = 62;
const DAY_MS = 86_400_000;
const PERIOD_SECONDS = 300;

/** Of requests that are refused before a session is looked at, as this command's own calls of the webhook are. */
const OF_THE_REQUEST =
  /^(unauthenticated|forbidden|request_invalid|request_too_large|not_found|method_not_allowed)$/;
const CODES = Object.keys(FAILURES).filter((code) => !OF_THE_REQUEST.test(code));

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
  const successMs = newest.get('logged_out') ?? stack.deployedAtMs;
  if (schedule?.isEnabled && hasFiredTwiceSince(schedule, new Date(successMs))) {
    return notOk(
      `The schedule is ${scheduleWords(schedule)}, and no logout has succeeded for ${sinceWords(successMs)}.`,
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
