import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  LogQueryWidget,
  Metric,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { stackName } from '../lambda/core/stack-name.ts';
import { OUTCOME_METRICS } from '../lambda/logout/metrics.ts';
import type { Parts } from './parts.ts';

const PER_HOUR = { statistic: 'Sum', period: Duration.hours(1) };
const PER_DAY = { statistic: 'Sum', period: Duration.days(1) };
/** Of a dashboard, in its grid's units. */
const FULL_WIDTH = 24;

/** Answers an owner's questions, from top to bottom. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { settings, function: target, api }: Parts, alarms: IAlarm[]) {
    super(scope, id);
    const namespace = stackName(settings.name);
    const metric = (metricName: string, label: string, over = PER_HOUR) =>
      new Metric({ namespace, metricName, label, ...over });
    const table = (title: string, ...queryLines: string[]) =>
      new LogQueryWidget({
        title,
        logGroupNames: [target.logGroup.logGroupName],
        queryLines,
        width: FULL_WIDTH,
        height: 6,
      });
    /** The results of the fleet's executions. */
    const ofFleet = ['LoggedOut', 'SignedOut', 'Failed', 'Skipped'];
    new CloudWatchDashboard(this, 'Dashboard', {
      // The name must be the account's only one, over all regions.
      dashboardName: `${namespace}-${Stack.of(this).region}`,
      defaultInterval: Duration.days(7),
      widgets: [
        ...question(
          'Is anything wrong?',
          new AlarmStatusWidget({ title: 'Alarms', alarms, width: FULL_WIDTH, height: 3 }),
        ),
        ...question(
          'Are sessions logged out?',
          graph(
            'Runs per hour',
            [...OUTCOME_METRICS, 'Failed'].map((name) => metric(name, name)),
          ),
          ...(settings.sessions === 'default'
            ? []
            : [
                graph(
                  'Sessions per day',
                  ofFleet.map((name) => metric(`Sessions${name}`, name, PER_DAY)),
                ),
              ]),
        ),
        ...question(
          'Which runs failed, and how?',
          table(
            'Last failures',
            'fields @timestamp, session, trigger, code, reason, blinkStatus, awsError, requestId',
            'filter ispresent(code)',
            'sort @timestamp desc',
            'limit 20',
          ),
        ),
        ...question(
          'Which sessions will need a new sign-in?',
          table(
            'Sessions, the oldest refresh token first',
            'filter ispresent(session)',
            'stats latest(message) as lastResult, max(RefreshTokenAgeDays) as tokenAgeDays by session',
            'sort tokenAgeDays desc',
            'limit 100',
          ),
        ),
        ...question(
          'How long does it take, and who calls the webhook?',
          graph(
            'A run, in milliseconds',
            ['p50', 'p99'].map((statistic) => metric('DurationMs', statistic, { ...PER_HOUR, statistic })),
          ),
          graph('Requests per hour', [
            api.metricCount({ ...PER_HOUR, label: 'All' }),
            api.metricClientError({ ...PER_HOUR, label: '4xx' }),
            api.metricServerError({ ...PER_HOUR, label: '5xx' }),
          ]),
        ),
      ],
    });
  }
}

/** A heading and its row of widgets. */
function question(heading: string, ...answers: IWidget[]): IWidget[][] {
  return [[new TextWidget({ markdown: `## ${heading}`, width: FULL_WIDTH, height: 1 })], answers];
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: FULL_WIDTH / 2, height: 6 });
}
