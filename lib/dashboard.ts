import { Duration, Stack } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  LogQueryWidget,
  MathExpression,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { stackName } from '../lambda/core/stack-name.ts';
import {
  FAILURE_METRICS,
  OUTCOME_METRICS,
  SESSION_DIMENSION,
  STEP_METRICS,
} from '../lambda/logout/metrics.ts';
import type { Parts } from './parts.ts';
import { runMetric } from './run-metric.ts';

export interface DashboardProps extends Parts {
  readonly alarms: readonly IAlarm[];
}

const PER_HOUR = { statistic: 'Sum', period: Duration.hours(1) };
const PER_DAY = { statistic: 'Sum', period: Duration.days(1) };
/** Of a dashboard, in its grid's units. */
const FULL_WIDTH = 24;

/** Answers an owner's questions, from top to bottom. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const { settings, function: target, api, deadLetters, alarms } = props;
    const name = stackName(settings.name);
    const table = (title: string, queryLines: string[]) =>
      new LogQueryWidget({
        title,
        logGroupNames: [target.logGroup.logGroupName],
        queryLines,
        width: FULL_WIDTH,
        height: 6,
      });
    const bySession = (title: string, metricName: string) =>
      graph(title, [
        settings.sessionMetrics
          ? eachSession(name, metricName)
          : runMetric(name, metricName, { ...PER_DAY, statistic: 'Maximum', label: 'Highest' }),
      ]);
    new CloudWatchDashboard(this, 'Dashboard', {
      // The name must be the account's only one, over all regions.
      dashboardName: `${name}-${Stack.of(this).region}`,
      defaultInterval: Duration.days(7),
      widgets: [
        ...question('Is anything wrong?', [
          new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: FULL_WIDTH, height: 3 }),
        ]),
        ...question('Are sessions logged out?', [
          graph('Runs per hour', counts(name, [...OUTCOME_METRICS, 'Failed']), true),
          graph('Failures per hour, by code', counts(name, FAILURE_METRICS), true),
        ]),
        ...(settings.sessions === 'default'
          ? []
          : question('How did scheduled executions end?', nights(props))),
        ...question('Which sessions?', [
          settings.sessionMetrics
            ? graph('Logged out that day (1), by session', [eachSession(name, 'Succeeded')])
            : table('Sessions, the oldest refresh token first', [
                'filter ispresent(session)',
                'stats latest(message) as lastResult, max(RefreshTokenAgeDays) as tokenAgeDays, max(VersionsInUse) as versions by session',
                'sort tokenAgeDays desc',
                'limit 100',
              ]),
        ]),
        ...question('Which runs failed, and how?', [
          table('Last failures', [
            'fields @timestamp, session, trigger, code, reason, blinkStatus, awsError, requestId',
            'filter ispresent(code)',
            'sort @timestamp desc',
            'limit 20',
          ]),
        ]),
        ...question('Which sessions will need a new sign-in?', [
          bySession('Age of the refresh token in days, by session', 'RefreshTokenAgeDays'),
          bySession('Versions of the secret in use (of about 100), by session', 'VersionsInUse'),
        ]),
        ...question('Do runs end early or give up?', [
          graph('Recovered per hour', counts(name, ['Takeovers', 'SaveRetries']), true),
          graph('Given up', [
            deadLetters.metricApproximateNumberOfMessagesVisible({
              statistic: 'Maximum',
              label: 'Dead letters',
            }),
            runMetric(name, 'FailedForGood', { ...PER_HOUR, label: 'Failed for good' }),
            target.metricErrors({ ...PER_HOUR, label: 'Errors' }),
            target.metricThrottles({ ...PER_HOUR, label: 'Throttles' }),
          ]),
        ]),
        ...question('How long does it take?', [
          graph(
            'A run, in milliseconds',
            ['p50', 'p99', 'Maximum'].map((statistic) =>
              runMetric(name, 'DurationMs', { ...PER_HOUR, statistic, label: statistic }),
            ),
          ),
          graph(
            'Its steps on average, in milliseconds',
            STEP_METRICS.map((label) => runMetric(name, label, { ...PER_HOUR, statistic: 'Average', label })),
            true,
          ),
        ]),
        ...question('Who calls the webhook?', [
          graph('Requests per hour', [
            api.metricCount({ ...PER_HOUR, label: 'All' }),
            api.metricClientError({ ...PER_HOUR, label: '4xx' }),
            api.metricServerError({ ...PER_HOUR, label: '5xx' }),
          ]),
          graph('Without valid credentials, per hour', counts(name, ['Unauthenticated'])),
        ]),
      ],
    });
  }
}

/** A heading and its row of widgets. */
function question(heading: string, answers: IWidget[]): IWidget[][] {
  return [[new TextWidget({ markdown: `## ${heading}`, width: FULL_WIDTH, height: 1 })], answers];
}

function graph(title: string, left: IMetric[], stacked = false): GraphWidget {
  return new GraphWidget({ title, left, stacked, width: FULL_WIDTH / 2, height: 6 });
}

function counts(namespace: string, metricNames: readonly string[]): IMetric[] {
  return metricNames.map((label) => runMetric(namespace, label, { ...PER_HOUR, label }));
}

/** The results of the fleet's executions. */
function nights({ settings }: DashboardProps): IWidget[] {
  const name = stackName(settings.name);
  const perDay = (metricName: string, label: string) => runMetric(name, metricName, { ...PER_DAY, label });
  return [
    graph('Sessions per day', [
      perDay('SessionsLoggedOut', 'Logged out'),
      perDay('SessionsSignedOut', 'Signed out'),
      perDay('SessionsFailed', 'Failed'),
      perDay('SessionsSkipped', 'Skipped'),
    ]),
    graph('How long an execution takes, in seconds', [
      runMetric(name, 'FleetSeconds', { ...PER_DAY, statistic: 'Maximum', label: 'Longest' }),
    ]),
  ];
}

/** One line for each session. A search finds the sessions, because the stack does not know them. */
function eachSession(namespace: string, metricName: string): IMetric {
  return new MathExpression({
    expression: `SEARCH('{${namespace},${SESSION_DIMENSION}} MetricName="${metricName}"', 'Maximum')`,
    usingMetrics: {},
    label: '',
    period: Duration.days(1),
  });
}
