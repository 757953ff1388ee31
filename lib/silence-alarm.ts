import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Annotations, Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { DEFAULT_SESSION } from '../lambda/core/session-name.ts';
import { stackName } from '../lambda/core/stack-name.ts';
import { SESSION_DIMENSION } from '../lambda/logout/metrics.ts';
import { longestGapMinutes, parseScheduleExpression } from './schedule-expression.ts';
import type { Settings } from './settings.ts';

const DAY_MINUTES = 24 * 60;

/** For so long after a logout, the answer is `already_logged_out`. */
const REPEATED_MINUTES = 5;

/** CloudWatch looks back no further than this. */
const LONGEST_WINDOW_MINUTES = 7 * DAY_MINUTES;

/**
 * The alarm if the schedule logs nothing out for one and a half of its periods. A run that finds the session signed out has no effect,
 * so it does not count. Missing data is breaching, because a schedule that does not run sends none. So a new schedule, too, is in ALARM
 * until its first logout.
 *
 * It is not possible for schedules slower than every four days and sixteen hours. Other alarms report their failed runs (failed-for-good,
 * save-failed, reauthentication-required, dead-letters). No alarm reports a run that never starts.
 */
export function silenceAlarm(scope: Construct, settings: Settings): readonly Alarm[] {
  const { name, schedule, timeZone } = settings;
  if (schedule === undefined) return [];
  const gapMinutes = longestGapMinutes(parseScheduleExpression(schedule), timeZone);
  // A run within five minutes of a logout has nothing to do.
  const windowMinutes = Math.max(1.5 * gapMinutes, gapMinutes + 2 * REPEATED_MINUTES);
  if (windowMinutes > LONGEST_WINDOW_MINUTES) {
    Annotations.of(scope).addInfo(
      'No alarm reports that the schedule has stopped: one and a half of its periods are more than seven days, and CloudWatch looks back no further.',
    );
    return [];
  }
  // Periods of less than an hour may add up to a day at most.
  const periodMinutes = windowMinutes > DAY_MINUTES ? 60 : 5;
  return [
    new Alarm(new Construct(scope, 'Silence'), 'Alarm', {
      alarmName: `${stackName(name)}-no-success`,
      alarmDescription: `The schedule has logged nothing out for ${inWords(windowMinutes)}. It did not run, its runs failed, or the session is signed out: sign in again, or remove the schedule. A new schedule is in ALARM until its first logout. See "no-success" in docs/runbook.md.`,
      metric: logouts(settings, Duration.minutes(periodMinutes)),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: Math.ceil(windowMinutes / periodMinutes),
      treatMissingData: TreatMissingData.BREACHING,
    }),
  ];
}

/** The sessions that were logged out. Without metrics by session, a logout of any session counts. */
function logouts({ name, sessions, sessionMetrics }: Settings, period: Duration): Metric {
  const ofDefault = sessions === 'default';
  return new Metric({
    namespace: stackName(name),
    metricName: ofDefault ? 'LoggedOut' : 'SessionsLoggedOut',
    dimensionsMap: ofDefault && sessionMetrics ? { [SESSION_DIMENSION]: DEFAULT_SESSION } : {},
    statistic: 'Sum',
    period,
  });
}

function inWords(minutes: number): string {
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 6) / 10} hours`;
}
