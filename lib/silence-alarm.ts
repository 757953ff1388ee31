import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmRule,
  ComparisonOperator,
  CompositeAlarm,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { runMetric } from './run-metric.ts';

/** The session that a scheduled event logs out. */
const SCHEDULED_SESSION = 'default';

/**
 * What a run of it comes to when all is well. Each has an alarm of its own, since AWS says nothing of a sum in which one
 * of the metrics never had a value.
 */
const SUCCESSES = ['LoggedOut', 'AlreadyLoggedOut'];

const DAY_MINUTES = 24 * 60;

/** CloudWatch looks back no further than this. */
const LONGEST_WINDOW_MINUTES = 7 * DAY_MINUTES;

/**
 * The alarm for what does not happen: no scheduled logout for one and a half of the schedule's periods.
 * It needs a success to begin with, and so goes off once after the first deployment where that takes longer.
 */
export class SilenceAlarm extends Construct {
  readonly alarm: CompositeAlarm;

  /** @param props.longestGapMinutes between two firings of the schedule */
  constructor(scope: Construct, id: string, { longestGapMinutes }: { readonly longestGapMinutes: number }) {
    super(scope, id);
    const windowMinutes = 1.5 * longestGapMinutes;
    this.alarm = new CompositeAlarm(this, 'Alarm', {
      compositeAlarmName: `${Stack.of(this).stackName}-no-success`,
      alarmDescription: `No scheduled logout has succeeded for ${inWords(windowMinutes)}, one and a half of the schedule's periods. See "no-success" in docs/runbook.md.`,
      alarmRule: AlarmRule.allOf(...SUCCESSES.map((success) => this.#silenceOf(success, windowMinutes))),
    });
  }

  /**
   * False for schedules slower than every four days and sixteen hours. A run of theirs that fails is heard of by the
   * other alarms; one that never starts is not.
   */
  static canWatch(longestGapMinutes: number): boolean {
    return 1.5 * longestGapMinutes <= LONGEST_WINDOW_MINUTES;
  }

  #silenceOf(success: string, windowMinutes: number): Alarm {
    // Periods of less than an hour may add up to a day at most.
    const periodMinutes = windowMinutes > DAY_MINUTES ? 60 : 5;
    return new Alarm(this, success, {
      alarmDescription: `A part of ${Stack.of(this).stackName}-no-success; alone it says nothing.`,
      metric: runMetric(success, {
        session: SCHEDULED_SESSION,
        statistic: 'Sum',
        period: Duration.minutes(periodMinutes),
      }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: Math.ceil(windowMinutes / periodMinutes),
      treatMissingData: TreatMissingData.BREACHING,
    });
  }
}

function inWords(minutes: number): string {
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 6) / 10} hours`;
}
