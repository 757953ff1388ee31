import { Alarm, type IMetric, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { stackName } from '../lambda/core/stack-name.ts';
import { TRIGGER_DIMENSION } from '../lambda/logout/metrics.ts';
import type { Parts } from './parts.ts';
import { silenceAlarm } from './silence-alarm.ts';
import { WEBHOOK_REFUSALS } from './webhook.ts';

interface AlarmReason {
  readonly metric: IMetric;
  /** The alarm is raised at this value and above. @default 1 */
  readonly threshold?: number;
  /** The reason for the alarm; the runbook says what to do. */
  readonly because: string;
}

const FIVE_MINUTES = { statistic: 'Sum', period: Duration.minutes(5) };
const FIFTEEN_MINUTES = { statistic: 'Sum', period: Duration.minutes(15) };

/** The alarms. Missing data is not breaching, because there are no runs without a trigger. */
export class Alarms extends Construct {
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, parts: Parts) {
    super(scope, id);
    const { settings, topic } = parts;
    const occurrences = Object.entries(reasons(parts)).map(
      ([reason, { metric, threshold = 1, because }]) =>
        new Alarm(this, reason, {
          alarmName: `${stackName(settings.name)}-${reason}`,
          alarmDescription: `${because} See "${reason}" in docs/runbook.md.`,
          metric,
          threshold,
          evaluationPeriods: 1,
          treatMissingData: TreatMissingData.NOT_BREACHING,
        }),
    );
    this.alarms = [...occurrences, ...silenceAlarm(this, settings)];
    for (const alarm of this.alarms) alarm.addAlarmAction(new SnsAction(topic));
  }
}

function reasons({
  settings,
  function: target,
  api,
  deadLetters,
}: Parts): Readonly<Record<string, AlarmReason>> {
  const { name, refreshTokenMaxAgeDays } = settings;
  const metric = (metricName: string, over = FIVE_MINUTES, trigger?: 'schedule' | 'webhook' | 'direct') => {
    const dimensionsMap = trigger === undefined ? {} : { [TRIGGER_DIMENSION]: trigger };
    return new Metric({ namespace: stackName(name), metricName, ...over, dimensionsMap });
  };
  return {
    'save-failed': {
      metric: metric('SaveFailed'),
      because: 'Blink gave a new refresh token that could not be stored: the session may be lost.',
    },
    'reauthentication-required': {
      // The caller of a direct run reads the failure in the reply. The digest reports the runs of the fleet.
      metric: new MathExpression({
        expression: 'FILL(schedule, 0) + FILL(webhook, 0)',
        usingMetrics: {
          schedule: metric('ReauthenticationRequired', FIVE_MINUTES, 'schedule'),
          webhook: metric('ReauthenticationRequired', FIVE_MINUTES, 'webhook'),
        },
        period: FIVE_MINUTES.period,
      }),
      because: 'Blink no longer accepts the refresh token of a session: a new sign-in is required.',
    },
    'failed-for-good': {
      metric: metric('FailedForGood'),
      because:
        'A run failed for a reason that a retry does not fix: the stored session, Blink, or a bug in the function.',
    },
    'function-errors': {
      // Lambda counts every failure of a direct run as an error. The caller reads it in the reply.
      metric: new MathExpression({
        expression: 'errors - FILL(direct, 0)',
        usingMetrics: {
          errors: target.metricErrors(FIFTEEN_MINUTES),
          direct: metric('Failed', FIFTEEN_MINUTES, 'direct'),
        },
        period: FIFTEEN_MINUTES.period,
      }),
      threshold: 2,
      because:
        'Runs ended early or failed. A scheduled run that fails once is retried; a second error means that the retry failed too.',
    },
    'function-throttles': {
      metric: target.metricThrottles(FIVE_MINUTES),
      because: "Lambda throttled runs: the account's concurrency is used up.",
    },
    'dead-letters': {
      metric: deadLetters.metricApproximateNumberOfMessagesVisible(),
      because:
        'A scheduled or asynchronous run, or an execution of the fleet, has failed; its event is in the queue.',
    },
    'refresh-token-old': {
      metric: metric('RefreshTokenAgeDays', { statistic: 'Maximum', period: Duration.days(1) }),
      threshold: refreshTokenMaxAgeDays,
      because: `A run found a refresh token that had not been renewed for ${refreshTokenMaxAgeDays} days: the session may expire unnoticed.`,
    },
    'webhook-refusals': {
      metric: metric(WEBHOOK_REFUSALS),
      threshold: 10,
      because:
        'Within five minutes, the webhook refused ten calls (401 or 403): a caller is guessing, or a sender has an old key or has lost its permission.',
    },
    'webhook-errors': {
      metric: api.metricServerError(FIVE_MINUTES),
      because:
        'The webhook answered a call with 5xx: its key cannot be read, the gateway cannot invoke the function, or the logout failed.',
    },
  };
}
