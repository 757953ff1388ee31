import { Token } from 'aws-cdk-lib/core';
import { closest, distance } from 'fastest-levenshtein';
import * as v from 'valibot';
import { longestGapMinutes, parseScheduleExpression } from './schedule-expression.ts';
import { hasFewSessions, SETTING_NAMES, type Settings, settingsSchema } from './settings.ts';
import { SettingsError } from './settings-error.ts';

/** Only CloudFormation needs to know these. All others decide what is synthesized. */
const RESOLVED_BY_CLOUDFORMATION = ['alarmEmail', 'kmsKeyArn', 'blinkUserAgent'];

/**
 * Fills in the defaults. Throws a SettingsError that names every fault, with the given and the accepted values.
 * @param given may contain tokens of the CDK, such as the value of a parameter
 */
export function readSettings(given: Readonly<Record<string, unknown>>): Settings {
  const tokens = Object.entries(given).filter(([, value]) => hasToken(value));
  const unresolved = Object.fromEntries(tokens.filter(([name]) => RESOLVED_BY_CLOUDFORMATION.includes(name)));
  const known = Object.entries(given).filter(([name, value]) => !isUnknown(name) && !hasToken(value));
  const parsed = v.safeParse(settingsSchema, Object.fromEntries(known), { abortPipeEarly: true });
  const faults = [
    ...(parsed.issues ?? []).map((issue) => {
      const name = v.getDotPath(issue) ?? '';
      return `${name} was given as ${shown(given[name])}; expected ${issue.message.replace(/(?<!\?)$/, '.')}`;
    }),
    ...tokens
      .filter(([name]) => !isUnknown(name) && !Object.hasOwn(unresolved, name))
      .map(([name]) => `${name} must be known at synthesis; expected a value, and not a token of the CDK.`),
    ...Object.keys(given).filter(isUnknown).map(unknownSetting),
    ...(parsed.success ? [...timeZoneConflict(parsed.output), ...ageConflict(parsed.output)] : []),
  ];
  if (parsed.success && faults.length === 0) {
    const { sessionMetrics = hasFewSessions(parsed.output.sessions) } = parsed.output;
    return { ...parsed.output, sessionMetrics, ...unresolved };
  }
  throw new SettingsError(faults.join('\n'));
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
  const lowerCase = name.toLowerCase();
  const nearest = closest(
    lowerCase,
    SETTING_NAMES.map((setting) => setting.toLowerCase()),
  );
  if (distance(lowerCase, nearest) > nearest.length / 3) return undefined;
  return SETTING_NAMES.find((setting) => setting.toLowerCase() === nearest);
}

function isUnknown(name: string): boolean {
  return !Object.hasOwn(settingsSchema.entries, name);
}

function unknownSetting(name: string): string {
  const meant = nearMiss(name);
  return meant === undefined
    ? `${name} is not a setting; expected one of ${SETTING_NAMES.join(', ')}.`
    : `${name} is not a setting; did you mean ${meant}?`;
}

function timeZoneConflict({ schedule, timeZone }: Pick<Settings, 'schedule' | 'timeZone'>): string[] {
  if (timeZone === undefined || schedule?.startsWith('cron(')) return [];
  return [
    schedule === undefined
      ? `timeZone was given as "${timeZone}" without schedule; expected timeZone with a schedule cron(…).`
      : `timeZone was given as "${timeZone}", and schedule as "${schedule}", which has no time of day; expected timeZone with a schedule cron(…).`,
  ];
}

/** If the age is shorter than the time between two runs, each run raises the alarm. */
function ageConflict({
  schedule,
  timeZone,
  refreshTokenMaxAgeDays: age,
}: v.InferOutput<typeof settingsSchema>): string[] {
  if (schedule === undefined) return [];
  const gapDays = longestGapMinutes(parseScheduleExpression(schedule), timeZone) / (24 * 60);
  if (gapDays < age || gapDays === Number.POSITIVE_INFINITY) return [];
  return [
    `refreshTokenMaxAgeDays is ${age}, and schedule was given as "${schedule}", whose runs are up to ${Math.ceil(gapDays)} days apart: each would raise the alarm; expected ${Math.floor(gapDays) + 1} days or more, or a schedule that runs more often.`,
  ];
}
