import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { stackName } from '../../lambda/core/stack-name.ts';
import { METRICS } from '../../lambda/logout/metrics.ts';
import { WEBHOOK_REFUSALS } from '../../lib/webhook.ts';
import { synthesize } from './synthesize.ts';

const NIGHTLY = { schedule: 'cron(0 3 * * ? *)' };

/** Alarms by their names, without the stack's. */
function alarmsOf(template: Template): Record<string, Record<string, unknown>> {
  const found = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
  return Object.fromEntries(
    found.map(({ Properties }) => [Properties.AlarmName?.replace('blink-logout-', ''), Properties]),
  );
}

interface MetricQuery {
  readonly Expression?: string;
  readonly MetricStat?: {
    readonly Metric: {
      readonly MetricName: string;
      readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
    };
  };
}

/** What an alarm over several metrics computes. */
function expressionOf(template: Template, name: string) {
  const { Metrics, Threshold: threshold } = alarmsOf(template)[name] ?? {};
  const queries = Metrics as readonly MetricQuery[];
  return {
    threshold,
    expression: queries.find(({ Expression }) => Expression !== undefined)?.Expression,
    metrics: queries.flatMap(({ MetricStat }) =>
      MetricStat === undefined
        ? []
        : `${MetricStat.Metric.MetricName} ${(MetricStat.Metric.Dimensions ?? []).map(({ Name, Value }) => `${Name}=${typeof Value === 'string' ? Value : JSON.stringify(Value)}`).join()}`,
    ),
  };
}

describe('the alarms', () => {
  it.each([
    ['save-failed', { MetricName: 'SaveFailed', Namespace: stackName(), Threshold: 1, Period: 300 }],
    ['failed-for-good', { MetricName: 'FailedForGood', Threshold: 1, Period: 300 }],
    ['function-throttles', { MetricName: 'Throttles', Namespace: 'AWS/Lambda', Threshold: 1, Period: 300 }],
    [
      'dead-letters',
      {
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Namespace: 'AWS/SQS',
        Statistic: 'Maximum',
        Threshold: 1,
      },
    ],
    [
      'refresh-token-old',
      { MetricName: 'RefreshTokenAgeDays', Statistic: 'Maximum', Threshold: 30, Period: 86_400 },
    ],
    [
      'webhook-refusals',
      { MetricName: 'WebhookRefusals', Namespace: stackName(), Threshold: 10, Period: 300 },
    ],
    [
      'webhook-errors',
      {
        MetricName: '5xx',
        Namespace: 'AWS/ApiGateway',
        Threshold: 1,
        Dimensions: [{ Name: 'ApiId', Value: { Ref: expect.stringMatching(/^WebhookApi/) } }],
      },
    ],
  ])('%s goes off from its threshold on, and not for want of data', (name, properties) => {
    expect(alarmsOf(synthesize())[name]).toMatchObject({
      ...properties,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  it('reauthentication-required leaves out direct calls, whose callers read the reply', () => {
    expect(expressionOf(synthesize(), 'reauthentication-required')).toEqual({
      threshold: 1,
      expression: 'FILL(schedule, 0) + FILL(webhook, 0)',
      metrics: ['ReauthenticationRequired trigger=schedule', 'ReauthenticationRequired trigger=webhook'],
    });
  });

  it('function-errors leaves out failures that a direct caller received', () => {
    expect(expressionOf(synthesize(), 'function-errors')).toEqual({
      threshold: 2,
      expression: 'errors - FILL(direct, 0)',
      metrics: [expect.stringMatching(/^Errors FunctionName=/), 'Failed trigger=direct'],
    });
  });

  it('are these and no others, each with a reason, a place in the runbook, and the one topic', () => {
    const template = synthesize(NIGHTLY);
    const loud = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
    expect(loud.map(({ Properties }) => Properties.AlarmName).sort()).toEqual([
      'blink-logout-dead-letters',
      'blink-logout-failed-for-good',
      'blink-logout-function-errors',
      'blink-logout-function-throttles',
      'blink-logout-no-success',
      'blink-logout-reauthentication-required',
      'blink-logout-refresh-token-old',
      'blink-logout-save-failed',
      'blink-logout-webhook-errors',
      'blink-logout-webhook-refusals',
    ]);
    for (const { Properties } of loud) {
      expect(Properties.AlarmActions).toEqual([{ Ref: expect.stringMatching(/^AlarmTopic/) }]);
      const name = Properties.AlarmName.replace('blink-logout-', '');
      expect(Properties.AlarmDescription).toMatch(new RegExp(`\\. See "${name}" in docs/runbook\\.md\\.$`));
    }
  });

  it('watch metrics of all sessions that runs really send', () => {
    const watched = Object.values(alarmsOf(synthesize())).filter(
      ({ Namespace }) => Namespace === stackName(),
    );
    expect(watched).toHaveLength(4);
    for (const { MetricName, Dimensions } of watched) {
      expect([...METRICS.keys(), WEBHOOK_REFUSALS]).toContain(MetricName);
      expect(Dimensions).toBeUndefined();
    }
  });

  it('take the age of the refresh token that is set', () => {
    expect(alarmsOf(synthesize({ refreshTokenMaxAgeDays: 7 }))['refresh-token-old']).toMatchObject({
      Threshold: 7,
    });
  });

  it.each(['key', 'iam'])(
    'count 401 and 403 as refusals, and no other answer, with webhookAuth %s',
    (webhookAuth) => {
      const template = synthesize({ webhookAuth });
      const [stage] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage'));
      const { DestinationArn, Format } = stage?.['Properties']?.AccessLogSettings ?? {};
      template.resourcePropertiesCountIs(
        'AWS::Logs::MetricFilter',
        {
          LogGroupName: { Ref: DestinationArn['Fn::GetAtt'][0] },
          // The access log has the status as a string.
          FilterPattern: '{ ($.status = "401") || ($.status = "403") }',
          MetricTransformations: [
            { MetricName: 'WebhookRefusals', MetricNamespace: stackName(), MetricValue: '1' },
          ],
        },
        1,
      );
      expect(JSON.parse(Format)).toMatchObject({ status: '$context.status' });
    },
  );

  it('have names that no stack of another name has', () => {
    const reasons = Object.keys(alarmsOf(synthesize({ ...NIGHTLY, sessions: 'all' })));
    // The stack "blink-logout-x" has "blink-logout-x-save-failed", so no reason may end in "-save-failed".
    for (const reason of reasons) {
      expect(reasons.filter((other) => other !== reason && other.endsWith(`-${reason}`))).toEqual([]);
    }
  });
});
