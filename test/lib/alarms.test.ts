import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { METRICS, METRICS_NAMESPACE } from '../../lambda/metrics.ts';
import { synthesize } from './synthesize.ts';

const NIGHTLY = { schedule: 'cron(0 3 * * ? *)' };

/** Alarms by their names, without the stack's. */
function alarmsOf(template: Template): Record<string, Record<string, unknown>> {
  const found = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
  return Object.fromEntries(
    found.map(({ Properties }) => [Properties.AlarmName?.replace('blink-logout-', ''), Properties]),
  );
}

describe('the alarms', () => {
  it.each([
    ['save-failed', { MetricName: 'SaveFailed', Namespace: METRICS_NAMESPACE, Threshold: 1, Period: 300 }],
    ['reauthentication-required', { MetricName: 'ReauthenticationRequired', Threshold: 1, Period: 300 }],
    ['failed-for-good', { MetricName: 'FailedForGood', Threshold: 1, Period: 300 }],
    ['function-errors', { MetricName: 'Errors', Namespace: 'AWS/Lambda', Threshold: 2, Period: 900 }],
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
    ['webhook-refusals', { MetricName: 'Unauthenticated', Threshold: 10, Period: 300 }],
  ])('%s goes off from its threshold on, and not for want of data', (name, properties) => {
    expect(alarmsOf(synthesize())[name]).toMatchObject({
      ...properties,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
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
      ({ Namespace }) => Namespace === METRICS_NAMESPACE,
    );
    expect(watched).toHaveLength(5);
    for (const { MetricName, Dimensions } of watched) {
      expect([...METRICS.keys()]).toContain(MetricName);
      expect(Dimensions).toBeUndefined();
    }
  });

  it('take the age of the refresh token that is set', () => {
    expect(alarmsOf(synthesize({ refreshTokenMaxAgeDays: 7 }))['refresh-token-old']).toMatchObject({
      Threshold: 7,
    });
  });

  it('count what the gateway refuses where it asks for signatures', () => {
    expect(alarmsOf(synthesize({ webhookAuth: 'iam' }))['webhook-refusals']).toMatchObject({
      Namespace: 'AWS/ApiGateway',
      MetricName: '4xx',
      Dimensions: [{ Name: 'ApiId', Value: { Ref: expect.stringMatching(/^WebhookApi/) } }],
    });
  });
});
