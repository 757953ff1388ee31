import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HttpApi, HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { type Alarm, Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { stackName } from '../lambda/core/stack-name.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { Alarms } from './alarms.ts';
import { Dashboard } from './dashboard.ts';
import { Fleet } from './fleet.ts';
import type { GivenSettings } from './given-settings.ts';
import { LogoutFunction } from './logout-function.ts';
import { requireOwnName } from './own-name.ts';
import { warnOfPace } from './pace.ts';
import type { Parts } from './parts.ts';
import { Schedule } from './schedule.ts';
import { readSettings } from './settings.ts';
import { Webhook } from './webhook.ts';

/** Where the build puts the functions, in a clone as in the package. */
export const FUNCTIONS_DIRECTORY = fileURLToPath(new URL('../build/functions', import.meta.url));

export interface BlinkLogoutProps extends GivenSettings {
  /**
   * Contains the built functions, in `logout/` and `fleet/`.
   * @default - the functions of this package
   */
  readonly bundleDirectory?: string | undefined;
  /**
   * Receives the alarms and the fleet's e-mail. Its policy must admit CloudWatch, as the default policy of a topic does.
   * @default - a new topic
   */
  readonly alarmTopic?: ITopic;
}

/**
 * Logs Blink clients out: from a webhook, on a schedule, or by hand. Its outputs are for the stack to choose.
 *
 * Throws a SettingsError that names every wrong prop, or the name if another one of the same account and Region has it.
 * @example new BlinkLogout(this, 'Garden', { name: 'garden', schedule: 'rate(1 day)' })
 */
export class BlinkLogout extends Construct {
  readonly function: LambdaFunction;
  readonly api: HttpApi;
  /** For the API mapping of a custom domain. */
  readonly stage: HttpStage;
  /** The webhook's URL: `POST` logs out the session `default`. */
  readonly webhookUrl: string;
  /** The function that logs out many sessions. Its event is `{"sessions": "all"}` or `{"sessions": ["one", "tenant-*"]}`. */
  readonly fleet: IFunction;
  readonly alarms: readonly Alarm[];
  /** Receives the alarms, and the sessions that the fleet could not log out. */
  readonly topic: ITopic;
  readonly #namespace: string;

  constructor(
    scope: Construct,
    id: string,
    { bundleDirectory = FUNCTIONS_DIRECTORY, alarmTopic, ...given }: BlinkLogoutProps = {},
  ) {
    super(scope, id);
    const settings = readSettings({ ...given });
    this.#namespace = stackName(settings.name);
    requireOwnName(this, settings);
    warnOfPace(this, settings);
    const deadLetters = deadLetterQueue(new Construct(this, 'DeadLetters'));
    const built = (name: string) => ({ settings, directory: join(bundleDirectory, name), deadLetters });
    this.function = new LogoutFunction(this, 'Logout', built('logout')).function;
    const { api, stage, url } = new Webhook(this, 'Webhook', settings, this.function);
    this.api = api;
    this.stage = stage;
    this.webhookUrl = url;

    this.topic = new AlarmTopic(this, 'AlarmTopic', settings, alarmTopic).topic;
    this.fleet = new Fleet(this, 'Fleet', built('fleet'), this.function, this.topic).alias;
    const { function: target, topic, fleet } = this;
    const parts: Parts = { settings, function: target, api, deadLetters, topic, fleet };
    new Schedule(this, 'Schedule', parts);
    this.alarms = new Alarms(this, 'Alarms', parts).alarms;
    if (settings.dashboard) new Dashboard(this, 'Dashboard', parts, [...this.alarms]);
  }

  /** Permits the grantee to invoke the function directly, without the webhook. */
  grantInvoke(grantee: IGrantable): Grant {
    return this.function.grantInvoke(grantee);
  }

  /** A metric of the runs, by its name in CloudWatch, such as `SaveFailed`. `docs/runbook.md` has the codes. */
  metric(metricName: string, options?: MetricOptions): Metric {
    return new Metric({ namespace: this.#namespace, metricName, statistic: 'Sum', ...options });
  }

  /** Sessions that were logged out. */
  metricLoggedOut(options?: MetricOptions): Metric {
    return this.metric('LoggedOut', options);
  }

  /** Runs that failed. */
  metricFailed(options?: MetricOptions): Metric {
    return this.metric('Failed', options);
  }
}

/** Receives events that the rule could not deliver, or that Lambda gave up. */
function deadLetterQueue(scope: Construct): Queue {
  return new Queue(scope, 'Queue', {
    // EventBridge and Lambda need no permission for a key that SQS manages.
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
}
