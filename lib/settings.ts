import { closest, distance } from 'fastest-levenshtein';
import * as v from 'valibot';
import { DEFAULT_NAME, NAME_PATTERN } from '../lambda/environment.ts';
import { parseScheduleExpression } from './schedule-expression.ts';
import { longestGapMinutes } from './schedule-gap.ts';
import {
  emailAddress,
  flag,
  kmsKeyArn,
  retentionDays,
  scheduledSessions,
  scheduleExpression,
  text,
  timeZoneName,
  wholeNumber,
} from './setting-schemas.ts';

/**
 * The settings: one entry for each, in the order of the README. The entries make the README's table and
 * docs/settings.schema.json, and a test holds both to them. Every value is plain JSON.
 */
export const settingsSchema = v.object({
  name: v.pipe(
    v.optional(
      text(NAME_PATTERN, '1 to 63 characters of a-z, 0-9 and -, beginning with a letter'),
      DEFAULT_NAME,
    ),
    v.description(
      "Prefix of the names of the stack, its sessions' secrets, the key's secret, log groups, alarms and dashboard, and the namespace of the metrics. Several stacks under different names can live in one account and Region.",
    ),
  ),
  schedule: v.pipe(
    v.optional(scheduleExpression),
    v.description(
      'When the sessions of the setting `sessions` are logged out: `cron(…)` with six fields, or `rate(…)`. Without it, the rule is disabled.',
    ),
  ),
  sessions: v.pipe(
    v.optional(scheduledSessions, 'default'),
    v.description(
      'What the schedule logs out: the session `default`, `all` sessions, or a list of session names. More than `default` goes through the state machine.',
    ),
  ),
  timeZone: v.pipe(
    v.optional(timeZoneName),
    v.description(
      'The IANA time zone of a `cron(…)` schedule, such as `Europe/Berlin`. Without it, the schedule is in UTC.',
    ),
  ),
  alarmEmail: v.pipe(
    v.optional(emailAddress),
    v.description('Receives the alarms, after its owner has confirmed the subscription to Amazon SNS.'),
  ),
  webhookAuth: v.pipe(
    v.optional(v.picklist(['key', 'iam'], 'key or iam'), 'key'),
    v.description(
      'Who may call the webhook: holders of the `key`, or with `iam`, IAM principals that sign their requests (SigV4).',
    ),
  ),
  webhookRatePerSecond: v.pipe(
    v.optional(wholeNumber(1, 10_000), 2),
    v.description('Requests per second that the webhook accepts over time, from all callers together.'),
  ),
  webhookBurst: v.pipe(
    v.optional(wholeNumber(1, 5_000), 5),
    v.description('Requests that the webhook accepts at once.'),
  ),
  maxConcurrency: v.pipe(
    v.optional(wholeNumber(1, 100), 2),
    v.description(
      'Sessions that the state machine logs out at once. New accounts run ten invocations at once, and Secrets Manager takes 50 writes a second, of which a logout needs four.',
    ),
  ),
  refreshTokenMaxAgeDays: v.pipe(
    v.optional(wholeNumber(1, 365), 30),
    v.description(
      'Age in days at which a refresh token that no run has renewed raises an alarm. It must be longer than the time between two scheduled runs.',
    ),
  ),
  memoryMb: v.pipe(
    v.optional(wholeNumber(128, 10_240), 512),
    v.description(
      "The function's memory in MB, and with it its share of a processor. docs/performance.md has what it costs and saves.",
    ),
  ),
  logRetentionDays: v.pipe(
    v.optional(retentionDays, 90),
    v.description("How long the function's log and the webhook's access log are kept."),
  ),
  kmsKeyArn: v.pipe(
    v.optional(kmsKeyArn),
    v.description(
      "Your KMS key for the webhook key's secret. Without it, Secrets Manager uses `aws/secretsmanager`. Sessions' secrets are moved by `aws secretsmanager update-secret --kms-key-id`.",
    ),
  ),
  sessionMetrics: v.pipe(
    v.optional(flag, true),
    v.description(
      'Metrics for each session, beside those over all sessions. With many sessions, they are what CloudWatch costs.',
    ),
  ),
  tracing: v.pipe(v.optional(flag, false), v.description('Traces by AWS X-Ray.')),
  blinkUserAgent: v.pipe(
    v.optional(text(/^[\x20-\x7e]{1,200}$/, '1 to 200 printable ASCII characters'), 'Blink'),
    v.description('The User-Agent of requests to Blink.'),
  ),
});

export type Settings = v.InferOutput<typeof settingsSchema>;

const ENTRIES: Readonly<Record<string, v.GenericSchema>> = settingsSchema.entries;

export const SETTING_NAMES = Object.keys(ENTRIES);

/** Its message is for the person who runs the synthesis: a line for each fault. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/**
 * Fills in the defaults. Numbers and booleans may be given as strings, as `-c name=value` does.
 * Throws a SettingsError that names every fault: what was given, and what is accepted.
 */
export function readSettings(given: Readonly<Record<string, unknown>>): Settings {
  const typed = Object.fromEntries(
    Object.entries(ENTRIES)
      .filter(([name]) => Object.hasOwn(given, name))
      .map(([name, schema]) => [name, asTyped(schema, given[name])]),
  );
  const parsed = v.safeParse(settingsSchema, typed, { abortPipeEarly: true });
  const faults = [
    ...(parsed.issues ?? []).map((issue) => {
      const name = v.getDotPath(issue) ?? '';
      return `${name} was given as ${JSON.stringify(given[name])}; accepted is ${issue.message.replace(/(?<!\?)$/, '.')}`;
    }),
    ...Object.keys(given).filter(isUnknown).map(unknownSetting),
    ...(parsed.success ? unmatched(parsed.output) : []),
  ];
  if (parsed.success && faults.length === 0) return parsed.output;
  throw new SettingsError(faults.join('\n'));
}

/** A string that the setting does not accept is taken as the number or the boolean that it spells. */
function asTyped(schema: v.GenericSchema, value: unknown): unknown {
  if (typeof value !== 'string' || v.is(schema, value)) return value;
  if (/^\d+$/.test(value)) return Number(value);
  if (/^\[/.test(value)) return listOf(value);
  return value === 'true' || value === 'false' ? value === 'true' : value;
}

/** `["a","b"]`, or `[a,b]` where a shell has removed the quotes. */
function listOf(text: string): readonly string[] {
  return text.replace(/^\[|\]$|["\s]/g, '').split(',');
}

/** The setting whose name differs by a typing error, if there is one. */
export function nearMiss(name: string): string | undefined {
  const lowerCase = name.toLowerCase();
  const nearest = closest(
    lowerCase,
    SETTING_NAMES.map((setting) => setting.toLowerCase()),
  );
  if (distance(lowerCase, nearest) > nearest.length / 3) return undefined;
  return SETTING_NAMES.find((setting) => setting.toLowerCase() === nearest);
}

function isUnknown(name: string): boolean {
  return !Object.hasOwn(ENTRIES, name);
}

function unknownSetting(name: string): string {
  const meant = nearMiss(name);
  return meant === undefined
    ? `${name} is not a setting; accepted are ${SETTING_NAMES.join(', ')}.`
    : `${name} is not a setting; did you mean ${meant}?`;
}

function unmatched(settings: Settings): string[] {
  return [...unmatchedTimeZone(settings), ...unmatchedAge(settings)];
}

function unmatchedTimeZone({ schedule, timeZone }: Settings): string[] {
  if (timeZone === undefined || schedule?.startsWith('cron(')) return [];
  return [
    schedule === undefined
      ? `timeZone was given as "${timeZone}" without schedule; accepted is timeZone with a schedule cron(…).`
      : `timeZone was given as "${timeZone}", and schedule as "${schedule}", which has no time of day; accepted is timeZone with a schedule cron(…).`,
  ];
}

/** An age that passes between two runs would raise the alarm at every run. A schedule that fires once has no such time. */
function unmatchedAge({ schedule, timeZone, refreshTokenMaxAgeDays: age }: Settings): string[] {
  if (schedule === undefined) return [];
  const gapDays = longestGapMinutes(parseScheduleExpression(schedule), timeZone) / (24 * 60);
  if (gapDays < age || gapDays === Number.POSITIVE_INFINITY) return [];
  return [
    `refreshTokenMaxAgeDays is ${age}, and schedule was given as "${schedule}", whose runs are up to ${Math.ceil(gapDays)} days apart: each would raise the alarm; accepted is ${Math.floor(gapDays) + 1} days or more, or a schedule that runs more often.`,
  ];
}
