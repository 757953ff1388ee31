/**
 * The settings. `npm run docs` writes lib/README.md and docs/settings.schema.json from these descriptions and
 * from the schema in settings.ts.
 */
export interface GivenSettings {
  /**
   * Distinguishes several stacks of one account and Region. With `garden`, everything is called `blink-logout-garden`
   * in place of `blink-logout`: the stack, its function, its sessions' secrets, the key's secret, alarms, metrics.
   * @default - none
   */
  readonly name?: string | undefined;
  /**
   * When the sessions of the setting `sessions` are logged out: `cron(…)` with six fields, or `rate(…)`. Without it,
   * the rule is disabled.
   * @default - none
   */
  readonly schedule?: string | undefined;
  /**
   * What the schedule logs out: the session `default`, `all` sessions, or a list of names and of patterns such as
   * `tenant-*`. More than `default` goes through the fleet.
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
   * Requests per second that the webhook accepts over time, from all callers together; use at most 12: Secrets Manager
   * accepts 50 writes a second, and a logout needs four.
   * @default 2
   */
  readonly webhookRatePerSecond?: number;
  /**
   * Requests that the webhook accepts at once.
   * @default 5
   */
  readonly webhookBurst?: number;
  /**
   * Sessions that the fleet logs out at once; use at most 12, because each needs four of the 50 writes a second that
   * Secrets Manager accepts. New accounts run ten invocations at once.
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
   * The function's memory in MB, and with it its share of a processor. docs/performance.md has what it
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
   * Whether the logs outlive the stack, until their time is over. The access log keeps its name, so the next deployment
   * under this `name` must wait until you have deleted it.
   * @default false
   */
  readonly retainLogs?: boolean;
  /**
   * Your KMS key for the secrets of the webhook key and of the sessions that the commands create. Without it, Secrets
   * Manager uses `aws/secretsmanager`. `doctor` names sessions under another key, and the command that moves them.
   * @default - none
   */
  readonly kmsKeyArn?: string | undefined;
  /**
   * Metrics for each session, beside those over all sessions. With many sessions, they are what CloudWatch costs:
   * they are off by default if `sessions` is `all`, has a pattern, or has more than 50 names.
   * @default true
   */
  readonly sessionMetrics?: boolean;
  /**
   * The CloudWatch dashboard, US$ 3 a month after the first three.
   * @default true
   */
  readonly dashboard?: boolean;
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
}

/** Its message has a line for each fault, for the person who runs the synthesis. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}
