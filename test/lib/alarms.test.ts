import { readFileSync } from 'node:fs';
import { Template } from 'aws-cdk-lib/assertions';
import { Stack } from 'aws-cdk-lib/core';
import { describe, expect, it } from 'vitest';
import { FAILURES } from '../../lambda/core/failure-codes.ts';
import { FLEET_METRICS } from '../../lambda/fleet/metrics.ts';
import { METRICS } from '../../lambda/logout/metrics.ts';
import { readSettings } from '../../lib/settings.ts';
import { silenceAlarm } from '../../lib/silence-alarm.ts';
import { WEBHOOK_REFUSALS } from '../../lib/webhook.ts';
import { tableOf } from '../docs/markdown.ts';
import { plain } from './facts.ts';
import { newApp, synthesize, toldBy } from './synthesize.ts';

type Settings = Readonly<Record<string, unknown>>;

interface Metric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
}

interface Alarm extends Metric {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly AlarmActions: readonly string[];
  readonly Statistic: string;
  readonly Period: number;
  readonly EvaluationPeriods: number;
  readonly Threshold: number;
  readonly ComparisonOperator: 'GreaterThanOrEqualToThreshold' | 'LessThanThreshold';
  readonly TreatMissingData: string;
  readonly Metrics?: readonly {
    readonly Id: string;
    readonly Expression?: string;
    readonly MetricStat?: { readonly Metric: Metric; readonly Stat: string; readonly Period: number };
  }[];
}

/** By the name, without the stack's. References are short texts. */
function alarmsOf(template: Template): ReadonlyMap<string, Alarm> {
  const found = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
  const alarms = found.map(({ Properties }) => plain(Properties) as Alarm);
  return new Map(alarms.map((alarm) => [alarm.AlarmName.replace('blink-logout-', ''), alarm]));
}

/** Such as `Sum of SaveFailed (blink-logout) in 300 s`. */
function inWords(
  { Namespace, MetricName, Dimensions = [] }: Metric,
  statistic: string,
  seconds: number,
): string {
  const dimensions = Dimensions.map(({ Name, Value }) => `, ${Name}=${Value}`).join('');
  return `${statistic} of ${MetricName} (${Namespace}${dimensions}) in ${seconds} s`;
}

/** When it goes off. */
function conditionOf(alarm: Alarm): string {
  const is = { GreaterThanOrEqualToThreshold: '>=', LessThanThreshold: '<' }[alarm.ComparisonOperator];
  const [expression = { Expression: inWords(alarm, alarm.Statistic, alarm.Period) }, ...metrics] =
    alarm.Metrics ?? [];
  const parts = metrics.flatMap(({ Id, MetricStat: metric }) =>
    metric === undefined ? [] : `; ${Id} is ${inWords(metric.Metric, metric.Stat, metric.Period)}`,
  );
  const times = alarm.EvaluationPeriods === 1 ? '' : `, ${alarm.EvaluationPeriods} times`;
  return `${expression.Expression} ${is} ${alarm.Threshold}${times}, ${alarm.TreatMissingData}${parts.join('')}`;
}

const DAILY = { schedule: 'rate(1 day)' };

/** Of direct calls, the caller reads the failure in the reply. */
const CONDITIONS = {
  'save-failed': 'Sum of SaveFailed (blink-logout) in 300 s >= 1, notBreaching',
  'reauthentication-required':
    'FILL(schedule, 0) + FILL(webhook, 0) >= 1, notBreaching; schedule is Sum of ReauthenticationRequired (blink-logout, trigger=schedule) in 300 s; webhook is Sum of ReauthenticationRequired (blink-logout, trigger=webhook) in 300 s',
  'failed-for-good': 'Sum of FailedForGood (blink-logout) in 300 s >= 1, notBreaching',
  'function-errors':
    'errors - FILL(direct, 0) >= 2, notBreaching; errors is Sum of Errors (AWS/Lambda, FunctionName=LogoutFunction) in 900 s; direct is Sum of Failed (blink-logout, trigger=direct) in 900 s',
  'function-throttles':
    'Sum of Throttles (AWS/Lambda, FunctionName=LogoutFunction) in 300 s >= 1, notBreaching',
  'dead-letters':
    'Maximum of ApproximateNumberOfMessagesVisible (AWS/SQS, QueueName=DeadLettersQueue.QueueName) in 300 s >= 1, notBreaching',
  'refresh-token-old': 'Maximum of RefreshTokenAgeDays (blink-logout) in 86400 s >= 7, notBreaching',
  'webhook-refusals': 'Sum of WebhookRefusals (blink-logout) in 300 s >= 10, notBreaching',
  'webhook-errors': 'Sum of 5xx (AWS/ApiGateway, ApiId=WebhookApi) in 300 s >= 1, notBreaching',
  'no-success': 'Sum of LoggedOut (blink-logout, session=default) in 3600 s < 1, 36 times, breaching',
};

describe('the alarms', () => {
  const alarms = alarmsOf(synthesize({ ...DAILY, refreshTokenMaxAgeDays: 7 }));

  it('are these and no others, and go off in these cases', () => {
    const conditions = [...alarms].map(([name, alarm]) => [name, conditionOf(alarm)]);
    expect(Object.fromEntries(conditions)).toEqual(CONDITIONS);
  });

  it('each notify the one topic in ALARM alone, and name their section of the runbook', () => {
    for (const [name, alarm] of alarms) {
      expect(alarm.AlarmActions).toEqual(['AlarmTopic']);
      expect(alarm).not.toHaveProperty('InsufficientDataActions');
      expect(alarm.AlarmDescription).toMatch(new RegExp(`\\. See "${name}" in docs/runbook\\.md\\.$`));
    }
  });

  it('and the failures each have a section of the runbook, and nothing else has', () => {
    const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
    const headings = [...runbook.matchAll(/^## .*$/gm)].join('\n');
    const named = [...headings.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    expect(named.toSorted()).toEqual([...Object.keys(FAILURES), ...alarms.keys()].toSorted());
  });

  it('look at as many metrics as docs/scale.md counts, by which AWS bills them', () => {
    const counts = [...alarms.values()].map(
      ({ Metrics = [{ MetricStat: true }] }) =>
        Metrics.filter(({ MetricStat }) => MetricStat !== undefined).length,
    );
    const sum = counts.reduce((before, count) => before + count, 0);
    const [counted] =
      tableOf('docs/scale.md', 'What else costs').get("Metrics that the stack's alarms look at") ?? [];
    expect(counted).toBe(String(sum));
  });

  it('watch metrics that runs, the fleet and the webhook really send', () => {
    const sent = [...METRICS.keys(), ...Object.keys(FLEET_METRICS), WEBHOOK_REFUSALS];
    const ofFleet = alarmsOf(synthesize({ ...DAILY, sessions: 'all' }));
    for (const alarm of [...alarms.values(), ...ofFleet.values()]) {
      const metrics = alarm.Metrics?.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []) ?? [alarm];
      for (const { Namespace, MetricName } of metrics) {
        if (Namespace === 'blink-logout') expect(sent).toContain(MetricName);
      }
    }
  });

  it('have names that no stack of another name has', () => {
    const names = [...alarms.keys()];
    // The stack "blink-logout-x" has "blink-logout-x-save-failed", so no name may end in "-save-failed".
    for (const name of names) expect(names.filter((other) => other.endsWith(`-${name}`))).toEqual([]);
  });
});

describe('the alarm of a schedule that logs nothing out', () => {
  const NONE = 'No alarm reports that the schedule has stopped';
  const day = 'LoggedOut (blink-logout, session=default)';
  it.each<[Settings, string | undefined, string | undefined]>([
    // Five-minute periods up to a day, hours beyond. A run within five minutes of a logout has nothing to do.
    [{ schedule: 'rate(1 minute)' }, `${day} in 300 s < 1, 3 times`, '11 minutes'],
    [{ schedule: 'rate(1 hour)' }, `${day} in 300 s < 1, 18 times`, '90 minutes'],
    [{ schedule: 'rate(16 hours)' }, `${day} in 300 s < 1, 288 times`, '24 hours'],
    [{ schedule: 'rate(17 hours)' }, `${day} in 3600 s < 1, 26 times`, '25.5 hours'],
    [{ schedule: 'cron(0 3 ? * MON,THU *)' }, `${day} in 3600 s < 1, 144 times`, '144 hours'],
    // A day has 25 hours there.
    [
      { schedule: 'cron(0 3 * * ? *)', timeZone: 'Europe/Berlin' },
      `${day} in 3600 s < 1, 38 times`,
      '37.5 hours',
    ],
    [{ ...DAILY, sessionMetrics: false }, 'LoggedOut (blink-logout) in 3600 s < 1, 36 times', '36 hours'],
    [{ ...DAILY, sessions: 'all' }, 'SessionsLoggedOut (blink-logout) in 3600 s < 1, 36 times', '36 hours'],
    [{}, undefined, undefined],
    // CloudWatch cannot look back so far.
    [{ schedule: 'rate(5 days)' }, undefined, NONE],
    [{ schedule: 'cron(0 3 1 1 ? 2027)', refreshTokenMaxAgeDays: 365 }, undefined, NONE],
  ])('with %o looks back one and a half periods: %s', (given, condition, words) => {
    const stack = new Stack(newApp(), 'Stack');
    silenceAlarm(stack, readSettings(given));
    const alarm = alarmsOf(Template.fromStack(stack)).get('no-success');
    expect(alarm && conditionOf(alarm)).toBe(condition && `Sum of ${condition}, breaching`);
    const { Period = 0, EvaluationPeriods = 0, AlarmDescription = '' } = alarm ?? {};
    expect(Period * EvaluationPeriods).toBeLessThanOrEqual(Period < 3600 ? 86_400 : 604_800);
    expect([AlarmDescription, ...toldBy(stack)].join('\n')).toContain(words ?? '');
  });
});
