import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { FLEET_METRICS } from '../../lambda/fleet/metrics.ts';
import { METRICS } from '../../lambda/logout/metrics.ts';
import { WEBHOOK_REFUSALS } from '../../lib/webhook.ts';
import { factsOf, plain } from './facts.ts';
import { appWith, synthesize } from './synthesize.ts';

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
function alarmsOf(settings: Settings = {}): ReadonlyMap<string, Alarm> {
  const found = Object.values(synthesize(settings).findResources('AWS::CloudWatch::Alarm'));
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
  const alarms = alarmsOf({ ...DAILY, refreshTokenMaxAgeDays: 7 });

  it('are these and no others, and go off in these cases', () => {
    const conditions = [...alarms].map(([name, alarm]) => [name, conditionOf(alarm)]);
    expect(Object.fromEntries(conditions)).toEqual(CONDITIONS);
  });

  it.each([...alarms])(
    '%s notifies the one topic in ALARM alone, and names its section of the runbook',
    (name, alarm) => {
      expect(alarm.AlarmActions).toEqual(['AlarmTopic']);
      expect(alarm).not.toHaveProperty('InsufficientDataActions');
      expect(alarm.AlarmDescription).toMatch(new RegExp(`\\. See "${name}" in docs/runbook\\.md\\.$`));
    },
  );

  it('watch metrics that runs, the fleet and the webhook really send', () => {
    const sent = [...METRICS.keys(), ...Object.keys(FLEET_METRICS), WEBHOOK_REFUSALS];
    for (const alarm of [...alarms.values(), ...alarmsOf({ ...DAILY, sessions: 'all' }).values()]) {
      const metrics = alarm.Metrics?.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []) ?? [alarm];
      for (const { Namespace, MetricName } of metrics) {
        if (Namespace === 'blink-logout') expect(sent).toContain(MetricName);
      }
    }
  });

  it.each(['key', 'iam'])(
    'count 401 and 403 as refusals, and no other answer, with webhookAuth %s',
    (webhookAuth) => {
      const facts = factsOf(synthesize({ webhookAuth }));
      // The access log has the status as a string.
      for (const fact of [
        'WebhookRefusals FilterPattern: { ($.status = "401") || ($.status = "403") }',
        'WebhookRefusals LogGroupName: WebhookAccessLog',
        'WebhookRefusals MetricTransformations.0.MetricName: WebhookRefusals',
        'WebhookRefusals MetricTransformations.0.MetricNamespace: blink-logout',
        'WebhookRefusals MetricTransformations.0.MetricValue: 1',
        'WebhookStage AccessLogSettings.DestinationArn: WebhookAccessLog.Arn',
      ]) {
        expect(facts).toContain(fact);
      }
      expect(facts).toContainEqual(
        expect.stringMatching(/^WebhookStage AccessLogSettings\.Format: .*"status":"\$context\.status"/),
      );
    },
  );

  it('have names that no stack of another name has', () => {
    const names = [...alarms.keys()];
    // The stack "blink-logout-x" has "blink-logout-x-save-failed", so no name may end in "-save-failed".
    for (const name of names) expect(names.filter((other) => other.endsWith(`-${name}`))).toEqual([]);
  });
});

describe('the alarm of a schedule that logs nothing out', () => {
  it.each<[Settings, string]>([
    // Five-minute periods up to a day, hours beyond. A run within five minutes of a logout has nothing to do.
    [{ schedule: 'rate(1 minute)' }, 'LoggedOut (blink-logout, session=default) in 300 s < 1, 3 times'],
    [{ schedule: 'rate(1 hour)' }, 'LoggedOut (blink-logout, session=default) in 300 s < 1, 18 times'],
    [{ schedule: 'rate(16 hours)' }, 'LoggedOut (blink-logout, session=default) in 300 s < 1, 288 times'],
    [{ schedule: 'rate(17 hours)' }, 'LoggedOut (blink-logout, session=default) in 3600 s < 1, 26 times'],
    [
      { schedule: 'cron(0 3 ? * MON,THU *)' },
      'LoggedOut (blink-logout, session=default) in 3600 s < 1, 144 times',
    ],
    // A day has 25 hours there.
    [
      { schedule: 'cron(0 3 * * ? *)', timeZone: 'Europe/Berlin' },
      'LoggedOut (blink-logout, session=default) in 3600 s < 1, 38 times',
    ],
    [{ ...DAILY, sessionMetrics: false }, 'LoggedOut (blink-logout) in 3600 s < 1, 36 times'],
    [{ ...DAILY, sessions: 'all' }, 'SessionsLoggedOut (blink-logout) in 3600 s < 1, 36 times'],
  ])('with %o looks back one and a half periods', (settings, condition) => {
    const [alarm] = [alarmsOf(settings).get('no-success')].flatMap((each) => each ?? []);
    expect(alarm && conditionOf(alarm)).toBe(`Sum of ${condition}, breaching`);
    const { Period = 0, EvaluationPeriods = 0 } = alarm ?? {};
    expect(Period * EvaluationPeriods).toBeLessThanOrEqual(Period < 3600 ? 86_400 : 604_800);
  });

  it('says for how long, and what to do', () => {
    expect(alarmsOf(DAILY).get('no-success')?.AlarmDescription).toMatch(
      /^The schedule has logged nothing out for 36 hours\. .* signed out: sign in again, or remove the schedule\./,
    );
  });

  it('does not exist without a schedule', () => {
    expect([...alarmsOf().keys()]).not.toContain('no-success');
  });

  it.each(['rate(5 days)', 'cron(0 3 1 1 ? 2027)'])(
    'does not exist for %s, which is told: CloudWatch cannot look back so far',
    (schedule) => {
      const settings = { schedule, refreshTokenMaxAgeDays: 365 };
      expect([...alarmsOf(settings).keys()]).not.toContain('no-success');
      Annotations.fromStack(appWith(settings).stack).hasInfo(
        '/blink-logout/Default/Alarms',
        Match.stringLikeRegexp('^No alarm reports that the schedule has stopped'),
      );
    },
  );
});
