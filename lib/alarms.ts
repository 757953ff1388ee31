import {
  Alarm,
  type IAlarmAction,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { metricName } from '../lambda/core/metric-name.ts';
import { stackName } from '../lambda/core/stack-name.ts';
import type { Parts } from './parts.ts';
import { runMetric } from './run-metric.ts';
import { silenceAlarm } from './silence-alarm.ts';
import { WEBHOOK_REFUSALS } from './webhook.ts';

export interface AlarmsProps extends Parts {
  readonly action: IAlarmAction;
}

interface AlarmReason {
  readonly metric: IMetric;
  /** The alarm is raised at this value and above. */
  readonly threshold: number;
  /** The reason for the alarm; the runbook says what to do. */
  readonly because: string;
}

const FIVE_MINUTES = { statistic: 'Sum', period: Duration.minutes(5) };
const FIFTEEN_MINUTES = { statistic: 'Sum', period: Duration.minutes(15) };

/** The alarms. Missing data is not breaching, because there are no runs without a trigger. */
export class Alarms extends Construct {
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, { action, ...props }: AlarmsProps) {
    super(scope, id);
    this.alarms = [...this.#occurrences(props), ...silenceAlarm(this, props.settings)];
    for (const alarm of this.alarms) alarm.addAlarmAction(action);
  }

  #occurrences(props: Parts): Alarm[] {
    return Object.entries(reasons(props)).map(
      ([reason, { metric, threshold, because }]) =>
        new Alarm(this, reason, {
          alarmName: `${stackName(props.settings.name)}-${reason}`,
          alarmDescription: `${because} See "${reason}" in docs/runbook.md.`,
          metric,
          threshold,
          evaluationPeriods: 1,
          treatMissingData: TreatMissingData.NOT_BREACHING,
        }),
    );
  }
}

function reasons(props: Parts): Record<string, AlarmReason> {
  const { settings, function: target, api, deadLetters } = props;
  const name = stackName(settings.name);
  return {
    'save-failed': {
      metric: runMetric(name, metricName('save_failed'), FIVE_MINUTES),
      threshold: 1,
      because: 'Blink gave a new refresh token that could not be stored: the session may be lost.',
    },
    'reauthentication-required': {
      // The caller of a direct run reads the failure in the reply. The digest reports the runs of the fleet.
      metric: new MathExpression({
        expression: 'FILL(schedule, 0) + FILL(webhook, 0)',
        usingMetrics: {
          schedule: runMetric(name, 'ReauthenticationRequired', { ...FIVE_MINUTES, trigger: 'schedule' }),
          webhook: runMetric(name, 'ReauthenticationRequired', { ...FIVE_MINUTES, trigger: 'webhook' }),
        },
        period: FIVE_MINUTES.period,
      }),
      threshold: 1,
      because: 'Blink no longer accepts the refresh token of a session: a new sign-in is required.',
    },
    'failed-for-good': {
      metric: runMetric(name, 'FailedForGood', FIVE_MINUTES),
      threshold: 1,
      because:
        'A run failed for a reason that a retry does not fix: the stored session, Blink, or a bug in the function.',
    },
    'function-errors': {
      // Lambda counts every failure of a direct run as an error. The caller reads it in the reply.
      metric: new MathExpression({
        expression: 'errors - FILL(direct, 0)',
        usingMetrics: {
          errors: target.metricErrors(FIFTEEN_MINUTES),
          direct: runMetric(name, 'Failed', { ...FIFTEEN_MINUTES, trigger: 'direct' }),
        },
        period: FIFTEEN_MINUTES.period,
      }),
      threshold: 2,
      because:
        'Runs ended early or failed. A scheduled run that fails once is retried; a second error means that the retry failed too.',
    },
    'function-throttles': {
      metric: target.metricThrottles(FIVE_MINUTES),
      threshold: 1,
      because: "Lambda throttled runs: the account's concurrency is used up.",
    },
    'dead-letters': {
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({
        statistic: 'Maximum',
        period: Duration.minutes(5),
      }),
      threshold: 1,
      because:
        'A scheduled or asynchronous run, or an execution of the fleet, has failed; its event is in the queue.',
    },
    'refresh-token-old': {
      metric: runMetric(name, 'RefreshTokenAgeDays', { statistic: 'Maximum', period: Duration.days(1) }),
      threshold: settings.refreshTokenMaxAgeDays,
      because: `A run found a refresh token that had not been renewed for ${settings.refreshTokenMaxAgeDays} days: the session may expire unnoticed.`,
    },
    'webhook-refusals': {
      metric: runMetric(name, WEBHOOK_REFUSALS, FIVE_MINUTES),
      threshold: 10,
      because:
        'Within five minutes, the webhook refused ten calls (401 or 403): a caller is guessing, or a sender has an old key or has lost its permission.',
    },
    'webhook-errors': {
      metric: api.metricServerError(FIVE_MINUTES),
      threshold: 1,
      because:
        'The webhook answered a call with 5xx: its key cannot be read, the gateway cannot invoke the function, or the logout failed.',
    },
  };
}
