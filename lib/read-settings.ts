import { closest, distance } from 'fastest-levenshtein';
import * as v from 'valibot';
import { parseScheduleExpression } from './schedule-expression.ts';
import { longestGapMinutes } from './schedule-times.ts';
import { SETTING_NAMES, type Settings, settingsSchema } from './settings.ts';

/** Its message has a line for each fault, for the person who runs the synthesis. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/**
 * Fills in the defaults. Throws a SettingsError that names every fault, with the given and the accepted values.
 */
export function readSettings(given: Readonly<Record<string, unknown>>): Settings {
  const known = Object.fromEntries(Object.entries(given).filter(([name]) => !isUnknown(name)));
  const parsed = v.safeParse(settingsSchema, known, { abortPipeEarly: true });
  const faults = [
    ...(parsed.issues ?? []).map((issue) => {
      const name = v.getDotPath(issue) ?? '';
      return `${name} was given as ${JSON.stringify(given[name])}; accepted is ${issue.message.replace(/(?<!\?)$/, '.')}`;
    }),
    ...Object.keys(given).filter(isUnknown).map(unknownSetting),
    ...(parsed.success ? conflicts(parsed.output) : []),
  ];
  if (parsed.success && faults.length === 0) return parsed.output;
  throw new SettingsError(faults.join('\n'));
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
    ? `${name} is not a setting; accepted are ${SETTING_NAMES.join(', ')}.`
    : `${name} is not a setting; did you mean ${meant}?`;
}

function conflicts(settings: Settings): string[] {
  return [...timeZoneConflict(settings), ...ageConflict(settings)];
}

function timeZoneConflict({ schedule, timeZone }: Settings): string[] {
  if (timeZone === undefined || schedule?.startsWith('cron(')) return [];
  return [
    schedule === undefined
      ? `timeZone was given as "${timeZone}" without schedule; accepted is timeZone with a schedule cron(…).`
      : `timeZone was given as "${timeZone}", and schedule as "${schedule}", which has no time of day; accepted is timeZone with a schedule cron(…).`,
  ];
}

/** If the age is shorter than the time between two runs, each run raises the alarm. */
function ageConflict({ schedule, timeZone, refreshTokenMaxAgeDays: age }: Settings): string[] {
  if (schedule === undefined) return [];
  const gapDays = longestGapMinutes(parseScheduleExpression(schedule), timeZone) / (24 * 60);
  if (gapDays < age || gapDays === Number.POSITIVE_INFINITY) return [];
  return [
    `refreshTokenMaxAgeDays is ${age}, and schedule was given as "${schedule}", whose runs are up to ${Math.ceil(gapDays)} days apart: each would raise the alarm; accepted is ${Math.floor(gapDays) + 1} days or more, or a schedule that runs more often.`,
  ];
}
