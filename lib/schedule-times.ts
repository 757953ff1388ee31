import type { ScheduleExpression } from './schedule-expression.ts';

const DAY_MS = 86_400_000;

/** More than a year of a daily schedule, with all changes of the clock, and as many days of a rarer one. */
const DAYS_LOOKED_AT = 400;

type CronExpression = Extract<ScheduleExpression, { kind: 'cron' }>;

export interface TimesOptions {
  readonly after: Date;
  readonly timeZone?: string | undefined;
}

/**
 * The next times at which a cron schedule fires, ascending; fewer than `count` if the schedule ends. A `rate(…)` has none:
 * EventBridge counts from when it was enabled.
 */
export function nextTimes(
  schedule: CronExpression,
  { count, ...options }: TimesOptions & { readonly count: number },
): readonly Date[] {
  const times: Date[] = [];
  for (const ms of timesMs(schedule, options)) {
    times.push(new Date(ms));
    if (times.length === count) break;
  }
  return times;
}

/** The longest time between two consecutive firings from now on. Infinity if there are fewer than two. */
export function longestGapMinutes(schedule: ScheduleExpression, timeZone?: string, now = new Date()): number {
  if (schedule.kind === 'rate') return schedule.everyMinutes;
  let longestMs = 0;
  let lastMs: number | undefined;
  for (const ms of timesMs(schedule, { after: now, timeZone })) {
    longestMs = Math.max(longestMs, ms - (lastMs ?? ms));
    lastMs = ms;
  }
  return longestMs > 0 ? longestMs / 60_000 : Number.POSITIVE_INFINITY;
}

function* timesMs(
  { days, timesOfDayMs }: CronExpression,
  { after, timeZone }: TimesOptions,
): Generator<number> {
  const afterMs = after.getTime();
  // The zone's clock may be a day behind UTC.
  let day = days.nextRun(new Date(afterMs - 2 * DAY_MS));
  for (let looked = 0; day !== null && looked < DAYS_LOOKED_AT; looked += 1) {
    for (const ms of instantsMs(day.getTime(), timesOfDayMs, timeZone)) if (ms > afterMs) yield ms;
    day = days.nextRun(day);
  }
}

/**
 * EventBridge Scheduler skips a time that does not exist when the clock is set forward, and fires once at a time that comes twice when it
 * is set back (EventBridge Scheduler User Guide, "Schedule types", "Daylight savings time").
 */
function instantsMs(
  dayMs: number,
  timesOfDayMs: readonly number[],
  timeZone: string | undefined,
): readonly number[] {
  const [before, after] = [offsetMs(dayMs - DAY_MS, timeZone), offsetMs(dayMs + 2 * DAY_MS, timeZone)];
  return timesOfDayMs.flatMap((timeMs) => {
    const localMs = dayMs + timeMs;
    if (before === after) return localMs - before;
    const instants = [localMs - before, localMs - after];
    const real = instants.filter((instant) => instant + offsetMs(instant, timeZone) === localMs);
    return real.length === 0 ? [] : Math.min(...real);
  });
}

const formats = new Map<string, Intl.DateTimeFormat>();

function offsetMs(instant: number, timeZone: string | undefined): number {
  if (timeZone === undefined) return 0;
  const format =
    formats.get(timeZone) ?? new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  formats.set(timeZone, format);
  const [, sign, hours = '0', minutes = '0'] = /GMT([+-])(\d{2}):(\d{2})/.exec(format.format(instant)) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
