import { Stack, Token } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { AlarmTopic } from './alarm-topic.ts';
import { Alarms } from './alarms.ts';
import { Dashboard } from './dashboard.ts';
import { DeadLetters } from './dead-letters.ts';
import { Fleet } from './fleet/fleet.ts';
import { FUNCTION_DIRECTORY } from './function-directory.ts';
import { LogoutFunction } from './logout-function.ts';
import { Schedule } from './schedule.ts';
import { readSettings, type Settings, SettingsError } from './settings.ts';
import { Webhook } from './webhook.ts';

/** The settings, and the function's place. A test compares the descriptions and defaults with those of the settings. */
export interface BlinkLogoutProps {
  /**
   * Prefix of the names of the stack, its sessions' secrets, the key's secret, log groups, alarms and dashboard, and
   * the namespace of the metrics. Several stacks under different names can live in one account and Region.
   * @default 'blink-logout'
   */
  readonly name?: string;
  /**
   * When the sessions of the setting `sessions` are logged out: `cron(…)` with six fields, or `rate(…)`. Without it,
   * the rule is disabled.
   * @default - none
   */
  readonly schedule?: string | undefined;
  /**
   * What the schedule logs out: the session `default`, `all` sessions, or a list of session names. More than
   * `default` goes through the state machine.
   * @default 'default'
   */
  readonly sessions?: 'default' | 'all' | readonly string[];
  /**
   * The IANA time zone of a `cron(…)` schedule, such as `Europe/Berlin`. Without it, the schedule is in UTC.
   * @default - none
   */
  readonly timeZone?: string | undefined;
  /**
   * Receives the alarms, after its owner has confirmed the subscription to Amazon SNS.
   * @default - none
   */
  readonly alarmEmail?: string | undefined;
  /**
   * Who may call the webhook: holders of the `key`, or with `iam`, IAM principals that sign their requests (SigV4).
   * @default 'key'
   */
  readonly webhookAuth?: 'key' | 'iam';
  /**
   * Requests per second that the webhook accepts over time, from all callers together.
   * @default 2
   */
  readonly webhookRatePerSecond?: number;
  /**
   * Requests that the webhook accepts at once.
   * @default 5
   */
  readonly webhookBurst?: number;
  /**
   * Sessions that the state machine logs out at once. New accounts run ten invocations at once, and Secrets Manager
   * takes 50 writes a second, of which a logout needs four.
   * @default 2
   */
  readonly maxConcurrency?: number;
  /**
   * Age in days at which a refresh token that no run has renewed raises an alarm. It must be longer than the time
   * between two scheduled runs.
   * @default 30
   */
  readonly refreshTokenMaxAgeDays?: number;
  /**
   * The function's memory in MB, and with it its share of a processor. docs/performance.md has what it costs and
   * saves.
   * @default 512
   */
  readonly memoryMb?: number;
  /**
   * How long the function's log and the webhook's access log are kept.
   * @default 90
   */
  readonly logRetentionDays?: number;
  /**
   * Your KMS key for the webhook key's secret. Without it, Secrets Manager uses `aws/secretsmanager`. Sessions'
   * secrets are moved by `aws secretsmanager update-secret --kms-key-id`.
   * @default - none
   */
  readonly kmsKeyArn?: string | undefined;
  /**
   * Metrics for each session, beside those over all sessions. With many sessions, they are what CloudWatch costs.
   * @default true
   */
  readonly sessionMetrics?: boolean;
  /**
   * Traces by AWS X-Ray.
   * @default false
   */
  readonly tracing?: boolean;
  /**
   * The User-Agent of requests to Blink.
   * @default 'Blink'
   */
  readonly blinkUserAgent?: string;
  /**
   * Contains the built function.
   * @default - the function of this package
   */
  readonly bundleDirectory?: string;
}

/**
 * Logs Blink clients out: from a webhook, on a schedule, or by hand. Its outputs are for the stack to choose.
 *
 * Throws a SettingsError that names every wrong prop, or the name if another one in the stack has it.
 * @example new BlinkLogout(this, 'Garden', { name: 'garden', schedule: 'rate(1 day)' })
 */
export class BlinkLogout extends Construct {
  readonly function: LambdaFunction;
  readonly api: HttpApi;
  /** The webhook's URL: `POST` logs out the session `default`. */
  readonly webhookUrl: string;
  /** Logs out many sessions. Its input is `{"sessions": "all"}` or `{"sessions": ["one", "other"]}`. */
  readonly stateMachine: StateMachine;
  readonly alarms: readonly Alarm[];
  /** Receives the alarms, and the sessions that the state machine could not log out. */
  readonly topic: Topic;
  readonly #name: string;

  constructor(
    scope: Construct,
    id: string,
    { bundleDirectory = FUNCTION_DIRECTORY, ...given }: BlinkLogoutProps = {},
  ) {
    super(scope, id);
    const settings = settingsOf(given);
    this.#name = settings.name;
    this.#requireOwnName();
    const { queue: deadLetters } = new DeadLetters(this, 'DeadLetters');
    this.function = new LogoutFunction(this, 'Logout', { settings, bundleDirectory, deadLetters }).function;
    const { api, url } = new Webhook(this, 'Webhook', { settings, function: this.function });
    this.api = api;
    this.webhookUrl = url;

    this.topic = new AlarmTopic(this, 'AlarmTopic', { settings }).topic;
    const parts = { settings, function: this.function, topic: this.topic, api, deadLetters };
    this.stateMachine = new Fleet(this, 'Fleet', parts).stateMachine;
    const observed = { ...parts, stateMachine: this.stateMachine };
    new Schedule(this, 'Schedule', observed);
    this.alarms = new Alarms(this, 'Alarms', { ...observed, action: new SnsAction(this.topic) }).alarms;
    new Dashboard(this, 'Dashboard', { ...observed, alarms: this.alarms });
  }

  /** Permits the grantee to invoke the function directly, without the webhook. */
  grantInvoke(grantee: IGrantable): Grant {
    return this.function.grantInvoke(grantee);
  }

  /** Names of secrets, log groups and alarms derive from it. CloudFormation would fail half-way. */
  #requireOwnName(): void {
    for (const other of Stack.of(this).node.findAll()) {
      if (other !== this && other instanceof BlinkLogout && other.#name === this.#name) {
        throw new SettingsError(
          `name was given as "${this.#name}", which ${other.node.path} has; accepted is another name.`,
        );
      }
    }
  }
}

/** The ARN of a key of the app is a token, whose form is not known before the deployment. */
function settingsOf({ kmsKeyArn, ...others }: Omit<BlinkLogoutProps, 'bundleDirectory'>): Settings {
  if (kmsKeyArn === undefined || !Token.isUnresolved(kmsKeyArn))
    return readSettings({ ...others, kmsKeyArn });
  return { ...readSettings(others), kmsKeyArn };
}
