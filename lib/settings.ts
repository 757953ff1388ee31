import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as v from 'valibot';
import { parseScheduleExpression } from './schedule-expression.ts';
import { longestGapMinutes } from './schedule-gap.ts';

const LOG_RETENTION_DAYS = Object.values(RetentionDays).filter(
  (days) => typeof days === 'number' && days !== RetentionDays.INFINITE,
);
const RETENTION_ACCEPTED = `one of ${LOG_RETENTION_DAYS.join(', ')}`;

function number(accepted: string) {
  return v.union([v.number(), v.pipe(v.string(), v.digits(), v.transform(Number))], accepted);
}

function wholeNumber(min: number, max: number) {
  const accepted = `a whole number from ${min} to ${max}`;
  return v.pipe(number(accepted), v.integer(accepted), v.minValue(min, accepted), v.maxValue(max, accepted));
}

function text(pattern: RegExp, accepted: string) {
  return v.pipe(v.string(accepted), v.regex(pattern, accepted));
}

const EMAIL_ACCEPTED = 'an e-mail address';

const SCHEDULE_ACCEPTED =
  'cron(minutes hours day-of-month month day-of-week year) in UTC, such as cron(0 3 * * ? *), or rate(value unit), such as rate(1 day)';

const schedule = v.pipe(
  v.string(SCHEDULE_ACCEPTED),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      const expression = parseScheduleExpression(dataset.value);
      return { expression: dataset.value, longestGapMinutes: longestGapMinutes(expression) };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      addIssue({ message: `${SCHEDULE_ACCEPTED}; here, ${error.message}` });
      return NEVER;
    }
  }),
);

/** A message says what is accepted. Values come as strings from `-c`, and as JSON's types from cdk.json. */
const settingsSchema = v.object({
  /** When the session `default` is logged out. @default never: the rule is there, and disabled */
  schedule: v.optional(schedule),
  /** Who is told of alarms; Amazon SNS asks this address to confirm first. @default nobody: the alarms are in the console */
  alarmEmail: v.optional(v.pipe(v.string(EMAIL_ACCEPTED), v.email(EMAIL_ACCEPTED))),
  /**
   * The age in days at which a refresh token that no run has renewed raises an alarm; more than what passes between two
   * runs of the schedule. @default 30
   */
  refreshTokenMaxAgeDays: v.optional(wholeNumber(1, 365), 30),
  /** Who may call the webhook: holders of the key, or IAM principals that sign (SigV4). @default key */
  webhookAuth: v.optional(v.picklist(['key', 'iam'], 'key or iam'), 'key'),
  /** Requests per second that the webhook takes over time, all callers together. @default 2 */
  webhookRatePerSecond: v.optional(wholeNumber(1, 10_000), 2),
  /** Requests that it takes at once. @default 5 */
  webhookBurst: v.optional(wholeNumber(1, 5_000), 5),
  /** How long the function's log and the webhook's access log are kept. @default 90 */
  logRetentionDays: v.optional(
    v.pipe(number(RETENTION_ACCEPTED), v.picklist(LOG_RETENTION_DAYS, RETENTION_ACCEPTED)),
    90,
  ),
  /**
   * A customer-managed key: the webhook key's secret is made under it, and the function may use it for sessions whose secrets
   * have been moved under it (`aws secretsmanager update-secret --kms-key-id`). Its policy must let IAM policies of this account use it, as KMS's default key policy does.
   * @default Secrets Manager's own key, aws/secretsmanager
   */
  kmsKeyArn: v.optional(
    text(
      /^arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/,
      'the ARN of a KMS key (not of an alias), such as arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    ),
  ),
  /** Traces by AWS X-Ray. @default false */
  tracing: v.optional(
    v.union(
      [
        v.boolean(),
        v.pipe(
          v.picklist(['true', 'false']),
          v.transform((given) => given === 'true'),
        ),
      ],
      'true or false',
    ),
    false,
  ),
  /** What the function calls itself towards Blink. @default Blink */
  blinkUserAgent: v.optional(text(/^[\x20-\x7e]{1,200}$/, '1 to 200 printable ASCII characters'), 'Blink'),
});

export type Settings = v.InferOutput<typeof settingsSchema>;

/** Plain keys that the CDK CLI keeps in the context for itself. */
const CDK_KEYS = ['notices', 'cli-telemetry', 'acknowledged-issue-numbers'];

/** Its message is for the person who runs the synthesis. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/**
 * Reads the settings out of the CDK context (`-c name=value`, or `context` in cdk.json).
 * Throws a SettingsError that names every fault: what was given, and what is accepted.
 */
export function readSettings(context: Readonly<Record<string, unknown>>): Settings {
  const parsed = v.safeParse(settingsSchema, context, { abortPipeEarly: true });
  const unknown = Object.keys(context).filter(
    (key) => isPlain(key) && !Object.hasOwn(settingsSchema.entries, key),
  );
  const faults = [
    ...(parsed.issues ?? []).map((issue) => {
      const name = v.getDotPath(issue);
      return `${name} was given as ${JSON.stringify(issue.path?.[0].value)}; accepted is ${issue.message}.`;
    }),
    ...unknown.map(
      (key) => `${key} is not a setting; accepted are ${Object.keys(settingsSchema.entries).join(', ')}.`,
    ),
    ...(parsed.success ? unmatched(parsed.output) : []),
  ];
  if (parsed.success && faults.length === 0) return parsed.output;
  throw new SettingsError(faults.join('\n'));
}

/** An age that passes between two runs would be found by every run. A schedule that fires but once has no such time. */
function unmatched({ schedule, refreshTokenMaxAgeDays: age }: Settings): string[] {
  const gapDays = (schedule?.longestGapMinutes ?? 0) / (24 * 60);
  if (schedule === undefined || gapDays < age || gapDays === Number.POSITIVE_INFINITY) return [];
  return [
    `refreshTokenMaxAgeDays is ${age}, and schedule was given as "${schedule.expression}", whose runs are up to ${Math.ceil(gapDays)} days apart: each would raise the alarm; accepted is ${Math.floor(gapDays) + 1} days or more, or a schedule that runs more often.`,
  ];
}

/** CDK's feature flags and look-ups have a `:` or a `/` in their names. */
function isPlain(key: string): boolean {
  return !/[:/]/.test(key) && !CDK_KEYS.includes(key);
}
