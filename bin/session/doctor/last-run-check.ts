import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import * as v from 'valibot';
import { FAILURES, type FailureCode } from '../../../lambda/core/failure-codes.ts';
import { countOf, FAILURE_METRICS } from '../../../lambda/logout/metrics.ts';
import type { Target } from '../target.ts';
import { duration } from '../terminal/duration.ts';
import { type Check, notConfigured, notOk, ok } from './check.ts';
import type { DeployedStack } from './deployed-stack.ts';

const DAYS = 14;
const DAY_MS = 86_400_000;
const PERIOD_SECONDS = 300;

/** Of requests that are refused before a session is looked at, as this command's own calls of the webhook are. */
const OF_THE_REQUEST: readonly string[] = [
  'unauthenticated',
  'request_invalid',
  'request_too_large',
  'not_found',
  'method_not_allowed',
] satisfies FailureCode[];

/** Names of metrics and what they count. A `check` is no logout, so its outcomes are left out. */
const LOGOUTS: ReadonlyMap<string, string> = new Map([
  [countOf('logged_out'), 'logged_out'],
  [countOf('already_logged_out'), 'already_logged_out'],
]);
const FAILED: ReadonlyMap<string, string> = new Map(
  Object.keys(FAILURES)
    .map((code, i) => [FAILURE_METRICS[i] ?? '', code] as const)
    .filter(([, code]) => !OF_THE_REQUEST.includes(code)),
);

const dataSchema = v.object({
  MetricDataResults: v.array(v.object({ Label: v.string(), Timestamps: v.optional(v.array(v.date()), []) })),
});

/** The stack's name is the namespace of its metrics. */
export function lastRunSucceeded(target: Target, stack: DeployedStack): Check {
  return {
    name: 'last run',
    async look() {
      const nowMs = Date.now();
      const client = new CloudWatchClient(target.clientConfig);
      const command = new GetMetricDataCommand({
        StartTime: new Date(nowMs - DAYS * DAY_MS),
        EndTime: new Date(nowMs),
        ScanBy: 'TimestampDescending',
        MetricDataQueries: [...LOGOUTS.keys(), ...FAILED.keys()].map((name, i) => ({
          Id: `m${i}`,
          Label: name,
          MetricStat: {
            Metric: { Namespace: stack.name, MetricName: name },
            Period: PERIOD_SECONDS,
            Stat: 'Sum',
          },
        })),
      });
      // One page: 14 days have fewer values than the 100,800 of a page.
      const { MetricDataResults: results } = v.parse(dataSchema, await client.send(command));
      client.destroy();
      const newest = results.flatMap(({ Label, Timestamps: [at] }) =>
        at === undefined ? [] : [{ metric: Label, atMs: at.getTime() }],
      );
      const lastMs = Math.max(...newest.map(({ atMs }) => atMs));
      const last = newest.filter(({ atMs }) => atMs === lastMs).map(({ metric }) => metric);
      if (last.length === 0) return notConfigured(`There was no run within ${DAYS} days.`);
      const ago = `${duration(nowMs - lastMs)} ago`;
      const codes = last.flatMap((metric) => FAILED.get(metric) ?? []);
      return codes.length === 0
        ? ok(`The last run ended with ${last.map((metric) => LOGOUTS.get(metric)).join(' and ')}, ${ago}.`)
        : notOk(
            `The last run failed with ${codes.join(' and ')}, ${ago}.`,
            ...codes.map((code) => `See "${code}" in docs/runbook.md.`),
          );
    },
  };
}
