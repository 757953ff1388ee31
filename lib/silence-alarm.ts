import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { stackName } from '../lambda/core/stack-name.ts';
import { runMetric } from './run-metric.ts';
import type { Settings } from './settings.ts';

/** The session that a scheduled event logs out. */
const SCHEDULED_SESSION = 'default';

const DAY_MINUTES = 24 * 60;

/** CloudWatch looks back no further than this. */
const LONGEST_WINDOW_MINUTES = 7 * DAY_MINUTES;

/**
 * Whether the alarm is possible. Not for schedules slower than every four days and sixteen hours. Other alarms report their
 * failed runs (failed-for-good, save-failed, reauthentication-required, dead-letters). No alarm reports a run that never starts.
 */
export function canWatchSilence(longestGapMinutes: number): boolean {
  return 1.5 * longestGapMinutes <= LONGEST_WINDOW_MINUTES;
}

/**
 * The alarm if no scheduled logout succeeds for one and a half of the schedule's periods. Without data, its state is
 * INSUFFICIENT_DATA. That is also its state from its creation to the first success, and CloudWatch invokes actions only when
 * the state changes (CloudWatch User Guide, "Using Amazon CloudWatch alarms"). So it sends nothing before that success.
 */
export function silenceAlarm(
  scope: Construct,
  settings: Settings,
  longestGapMinutes: number,
  action: IAlarmAction,
): Alarm {
  const windowMinutes = 1.5 * longestGapMinutes;
  // Periods of less than an hour may add up to a day at most.
  const periodMinutes = windowMinutes > DAY_MINUTES ? 60 : 5;
  const alarm = new Alarm(new Construct(scope, 'Silence'), 'Alarm', {
    alarmName: `${stackName(settings.name)}-no-success`,
    alarmDescription: `No scheduled logout has succeeded for ${inWords(windowMinutes)}, one and a half of the schedule's periods. See "no-success" in docs/runbook.md.`,
    metric: successes(settings, Duration.minutes(periodMinutes)),
    threshold: 1,
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: Math.ceil(windowMinutes / periodMinutes),
    treatMissingData: TreatMissingData.MISSING,
  });
  alarm.addInsufficientDataAction(action);
  return alarm;
}

/** The number of scheduled logouts that succeeded. Without metrics by session, a success of any session counts. */
function successes({ name: suffix, sessions, sessionMetrics }: Settings, period: Duration): IMetric {
  const name = stackName(suffix);
  const options = { statistic: 'Sum', period };
  if (sessions !== 'default') {
    return new MathExpression({
      expression: 'tried - failed',
      usingMetrics: {
        tried: runMetric(name, 'SessionsTried', options),
        failed: runMetric(name, 'SessionsFailed', options),
      },
      period,
    });
  }
  return runMetric(name, 'Succeeded', { ...options, ...(sessionMetrics && { session: SCHEDULED_SESSION }) });
}

function inWords(minutes: number): string {
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 6) / 10} hours`;
}
