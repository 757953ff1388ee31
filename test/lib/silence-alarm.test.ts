import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SESSION } from '../../lambda/core/session-name.ts';
import { stackName } from '../../lambda/core/stack-name.ts';
import { FLEET_METRICS } from '../../lambda/fleet/metrics.ts';
import { METRICS } from '../../lambda/logout/metrics.ts';
import { appWith, synthesize } from './synthesize.ts';

function silenceOf(schedule?: string) {
  return alarmOf(schedule === undefined ? {} : { schedule, refreshTokenMaxAgeDays: 365 });
}

function alarmOf(settings: Record<string, unknown>) {
  const silent = synthesize(settings).findResources('AWS::CloudWatch::Alarm', {
    Properties: { TreatMissingData: 'breaching' },
  });
  return Object.values(silent).map(({ Properties }) => Properties);
}

describe('the alarm for missing successes', () => {
  it.each([
    // Five-minute periods up to a day, hours beyond.
    // A run within five minutes of a logout has nothing to do.
    ['rate(1 minute)', 300, 3],
    ['rate(1 hour)', 300, 18],
    ['rate(16 hours)', 300, 288],
    ['rate(17 hours)', 3600, 26],
    ['cron(0 3 * * ? *)', 3600, 36],
    ['cron(0 3 ? * MON-FRI *)', 3600, 108],
    ['cron(0 3 ? * MON,THU *)', 3600, 144],
  ])('of %s looks back one and a half periods', (schedule, Period, EvaluationPeriods) => {
    const [silence, ...others] = silenceOf(schedule);
    expect(others).toEqual([]);
    expect(silence).toMatchObject({
      Period,
      EvaluationPeriods,
      Statistic: 'Sum',
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
    });
    expect(silence.DatapointsToAlarm ?? EvaluationPeriods).toBe(EvaluationPeriods);
    expect(Period * EvaluationPeriods).toBeLessThanOrEqual(Period < 3600 ? 86_400 : 604_800);
  });

  it('counts only logouts of the scheduled session, as runs send them: a session that is signed out is no success', () => {
    const [silence] = silenceOf('rate(1 day)');
    expect(silence).toMatchObject({
      Namespace: stackName(),
      MetricName: 'LoggedOut',
      Dimensions: [{ Name: 'session', Value: DEFAULT_SESSION }],
    });
    expect([...METRICS.keys()]).toContain(silence.MetricName);
  });

  it('counts those of any session if there are no metrics by session', () => {
    const [alarm] = alarmOf({ schedule: 'rate(1 day)', sessionMetrics: false });
    expect(alarm).toMatchObject({ MetricName: 'LoggedOut' });
    expect(alarm.Dimensions).toBeUndefined();
  });

  it("counts the fleet's logouts if the schedule starts it", () => {
    const [alarm] = alarmOf({ schedule: 'rate(1 day)', sessions: 'all' });
    expect(Object.keys(FLEET_METRICS)).toContain(alarm.MetricName);
    expect(alarm).toMatchObject({ MetricName: 'SessionsLoggedOut', Statistic: 'Sum' });
  });

  it('looks back over the day of 25 hours in a time zone that has one', () => {
    const [alarm] = alarmOf({ schedule: 'cron(0 3 * * ? *)', timeZone: 'Europe/Berlin' });
    expect(alarm).toMatchObject({ Period: 3600, EvaluationPeriods: 38 });
  });

  it('has a description with the time without a success', () => {
    expect(silenceOf('rate(1 day)')[0].AlarmDescription).toContain(
      'The schedule has logged nothing out for 36 hours',
    );
    expect(silenceOf('rate(1 day)')[0].AlarmDescription).toMatch(
      /signed out: sign in again, or remove the schedule/,
    );
  });

  it('notifies by ALARM alone, where owners attach their actions', () => {
    const [alarm] = silenceOf('rate(1 day)');
    expect(alarm.AlarmActions).toHaveLength(1);
    expect(alarm.InsufficientDataActions).toBeUndefined();
  });

  it('does not exist without a schedule', () => {
    expect(silenceOf()).toEqual([]);
  });

  it.each(['rate(7 days)', 'rate(5 days)', 'cron(0 3 1 * ? *)', 'cron(0 3 1 1 ? 2027)'])(
    'does not exist for %s, which is told: CloudWatch cannot look back so far',
    (schedule) => {
      const { stack } = appWith({ schedule, refreshTokenMaxAgeDays: 365 });
      Annotations.fromStack(stack).hasInfo(
        '/blink-logout/Default/Alarms',
        Match.stringLikeRegexp('^No alarm reports that the schedule has stopped'),
      );
      expect(silenceOf(schedule)).toEqual([]);
    },
  );
});
