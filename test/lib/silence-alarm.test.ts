import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { METRICS, METRICS_NAMESPACE } from '../../lambda/run-event.ts';
import { DEFAULT_SESSION } from '../../lambda/session-name.ts';
import { appWith, synthesize } from './synthesize.ts';

/** The two silences that make the alarm. */
function silencesOf(schedule: string) {
  const template = synthesize({ schedule });
  template.resourceCountIs('AWS::CloudWatch::CompositeAlarm', 1);
  return Object.values(
    template.findResources('AWS::CloudWatch::Alarm', { Properties: { TreatMissingData: 'breaching' } }),
  ).map(({ Properties }) => Properties);
}

describe('the alarm for want of success', () => {
  it.each([
    // Five-minute periods up to a day, hours beyond.
    ['rate(1 minute)', 300, 1],
    ['rate(1 hour)', 300, 18],
    ['rate(16 hours)', 300, 288],
    ['rate(17 hours)', 3600, 26],
    ['cron(0 3 * * ? *)', 3600, 36],
    ['cron(0 3 ? * MON-FRI *)', 3600, 108],
    ['cron(0 3 ? * MON,THU *)', 3600, 144],
  ])('of %s looks back one and a half periods', (schedule, Period, EvaluationPeriods) => {
    const silences = silencesOf(schedule);
    expect(silences.map(({ MetricName }) => MetricName)).toEqual(['LoggedOut', 'AlreadyLoggedOut']);
    for (const silence of silences) {
      expect(silence).toMatchObject({
        Period,
        EvaluationPeriods,
        Statistic: 'Sum',
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
      });
      expect(silence.DatapointsToAlarm ?? EvaluationPeriods).toBe(EvaluationPeriods);
      const windowSeconds = Period * EvaluationPeriods;
      expect(windowSeconds).toBeLessThanOrEqual(Period < 3600 ? 86_400 : 604_800);
    }
  });

  it('counts the successes of the scheduled session alone, as runs send them', () => {
    for (const { Namespace, MetricName, Dimensions } of silencesOf('rate(1 day)')) {
      expect(Namespace).toBe(METRICS_NAMESPACE);
      expect(Object.keys(METRICS)).toContain(MetricName);
      expect(Dimensions).toEqual([{ Name: 'session', Value: DEFAULT_SESSION }]);
    }
  });

  it('goes off when both are silent, and says for how long', () => {
    const [alarm] = Object.values(
      synthesize({ schedule: 'rate(1 day)' }).findResources('AWS::CloudWatch::CompositeAlarm'),
    );
    expect(JSON.stringify(alarm?.['Properties'].AlarmRule)).toMatch(/ALARM\(.+ AND ALARM\(/);
    expect(alarm?.['Properties'].AlarmDescription).toContain(
      'No scheduled logout has succeeded for 36 hours',
    );
  });

  it('does not exist without a schedule', () => {
    synthesize().resourceCountIs('AWS::CloudWatch::CompositeAlarm', 0);
  });

  it.each(['rate(7 days)', 'rate(5 days)', 'cron(0 3 1 * ? *)', 'cron(0 3 1 1 ? 2027)'])(
    'does not exist for %s, which is told: CloudWatch cannot look back so far',
    (schedule) => {
      const { stack } = appWith({ schedule });
      Annotations.fromStack(stack).hasInfo(
        '/blink-logout/Alarms',
        Match.stringLikeRegexp('^No alarm will tell that the schedule stands still'),
      );
      Template.fromStack(stack).resourceCountIs('AWS::CloudWatch::CompositeAlarm', 0);
    },
  );
});
