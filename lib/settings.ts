import { Token } from 'aws-cdk-lib/core';
import { closest, distance } from 'fastest-levenshtein';
import * as v from 'valibot';
import { SettingsError } from './given-settings.ts';
import { longestGapMinutes, parseScheduleExpression } from './schedule-expression.ts';
import * as accepted from './setting-schemas.ts';

/** One entry for each setting, in the order of the descriptions. Every value is plain JSON. */
export const settingsSchema = v.object({
  name: v.optional(accepted.stackSuffix),
  schedule: v.optional(accepted.scheduleExpression),
  sessions: v.optional(accepted.scheduledSessions, 'default'),
  timeZone: v.optional(accepted.timeZoneName),
  alarmEmail: v.optional(accepted.emailAddress),
  webhookAuth: v.optional(v.picklist(['key', 'iam'], 'key or iam'), 'key'),
  webhookRatePerSecond: v.optional(accepted.wholeNumber(1, 10_000), 2),
  webhookBurst: v.optional(accepted.wholeNumber(1, 5_000), 5),
  maxConcurrency: v.optional(accepted.wholeNumber(1, 100), 2),
  refreshTokenMaxAgeDays: v.optional(accepted.wholeNumber(1, 365), 30),
  memoryMb: v.optional(accepted.wholeNumber(128, 10_240), 512),
  logRetentionDays: v.optional(accepted.retentionDays, 90),
  retainLogs: v.optional(accepted.flag, false),
  kmsKeyArn: v.optional(accepted.kmsKeyArn),
  sessionMetrics: v.optional(accepted.flag),
  dashboard: v.optional(accepted.flag, true),
  tracing: v.optional(accepted.flag, false),
  blinkUserAgent: v.optional(accepted.userAgent, 'Blink'),
});

const SCHEMAS = new Map<string, v.GenericSchema>(Object.entries(settingsSchema.entries));

/** Only CloudFormation needs to know these. All others decide what is synthesized. */
const RESOLVED_BY_CLOUDFORMATION = ['alarmEmail', 'kmsKeyArn', 'blinkUserAgent'];

type Parsed = v.InferOutput<typeof settingsSchema>;

/** The settings with their defaults. */
export type Settings = Parsed & { readonly sessionMetrics: boolean };

/**
 * Fills in the defaults. Throws a SettingsError that names every fault, with the given and the accepted values.
 * @param given may contain tokens of the CDK, such as the value of a parameter
 */
export function readSettings(given: Readonly<Record<string, unknown>>): Settings {
  const entries = Object.entries(given);
  refuse(entries.flatMap(([name, value]) => faultOf(name, value) ?? []));
  const known = entries.filter(([, value]) => !hasToken(value));
  const settings = v.parse(settingsSchema, Object.fromEntries(known));
  refuse([...timeZoneConflict(settings), ...ageConflict(settings)]);
  const { sessionMetrics = hasFewSessions(settings) } = settings;
  return {
    ...settings,
    sessionMetrics,
    ...Object.fromEntries(entries.filter(([, value]) => hasToken(value))),
  };
}

function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new SettingsError(faults.join('\n'));
}

function faultOf(name: string, value: unknown): string | undefined {
  const schema = SCHEMAS.get(name);
  if (schema === undefined) {
    const meant = nearMiss(name);
    return meant === undefined
      ? `${name} is not a setting; expected one of ${[...SCHEMAS.keys()].join(', ')}.`
      : `${name} is not a setting; did you mean ${meant}?`;
  }
  if (hasToken(value)) {
    return RESOLVED_BY_CLOUDFORMATION.includes(name)
      ? undefined
      : `${name} must be known at synthesis; expected a value, and not a token of the CDK.`;
  }
  const [issue] = v.safeParse(schema, value, { abortPipeEarly: true }).issues ?? [];
  return issue && `${name} was given as ${shown(value)}; expected ${issue.message.replace(/(?<!\?)$/, '.')}`;
}

/** Also of what the CDK has in place of an SSM parameter until it has looked it up, for a second synthesis. */
function hasToken(value: unknown): boolean {
  const isToken = Token.isUnresolved(value) || String(value).startsWith('dummy-value-for-');
  return isToken || (Array.isArray(value) && value.some(hasToken));
}

/** JSON, cut if it is long. */
function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length <= 200 ? json : `${json.slice(0, 200)}…`;
}

/** The setting whose name differs by a typing error, if there is one. */
export function nearMiss(name: string): string | undefined {
  const lowerCase = new Map([...SCHEMAS.keys()].map((setting) => [setting.toLowerCase(), setting]));
  const nearest = closest(name.toLowerCase(), [...lowerCase.keys()]);
  return distance(name.toLowerCase(), nearest) > nearest.length / 3 ? undefined : lowerCase.get(nearest);
}

function timeZoneConflict({ schedule, timeZone }: Parsed): string[] {
  if (timeZone === undefined || schedule?.startsWith('cron(')) return [];
  return [
    schedule === undefined
      ? `timeZone was given as "${timeZone}" without schedule; expected timeZone with a schedule cron(…).`
      : `timeZone was given as "${timeZone}", and schedule as "${schedule}", which has no time of day; expected timeZone with a schedule cron(…).`,
  ];
}

/** If the age is shorter than the time between two runs, each run raises the alarm. */
function ageConflict({ schedule, timeZone, refreshTokenMaxAgeDays: age }: Parsed): string[] {
  if (schedule === undefined) return [];
  const gapDays = longestGapMinutes(parseScheduleExpression(schedule), timeZone) / (24 * 60);
  if (gapDays < age || gapDays === Number.POSITIVE_INFINITY) return [];
  return [
    `refreshTokenMaxAgeDays is ${age}, and schedule was given as "${schedule}", whose runs are up to ${Math.ceil(gapDays)} days apart: each would raise the alarm; expected ${Math.floor(gapDays) + 1} days or more, or a schedule that runs more often.`,
  ];
}

const MAX_SESSIONS_WITH_METRICS = 50;

/** Whether the schedule's sessions are known to be few. */
function hasFewSessions({ sessions }: Parsed): boolean {
  if (typeof sessions === 'string') return sessions === 'default';
  return sessions.length <= MAX_SESSIONS_WITH_METRICS && !sessions.some((name) => name.includes('*'));
}
