import { Cron } from 'croner';
import type { ScheduleExpression } from './schedule-expression.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Days that are looked at for the longest gap: four years of a daily schedule, and as many days of a rarer one. */
const DAYS_LOOKED_AT = 1_461;

type CronExpression = Extract<ScheduleExpression, { kind: 'cron' }>;

/**
 * The next times at which a cron schedule fires, ascending; fewer than `count` if the schedule ends. A `rate(…)` has none:
 * EventBridge counts from when it was enabled.
 */
export function nextTimes(
  { pattern }: CronExpression,
  { after, count, timeZone }: { readonly after: Date; readonly count: number; readonly timeZone?: string },
): readonly Date[] {
  const times: Date[] = [];
  // The zone's clock may be a day behind UTC.
  for (const localMs of localTimesMs(pattern, after.getTime() - DAY_MS)) {
    const timeMs = instantMs(localMs, timeZone);
    if (timeMs !== undefined && timeMs > after.getTime()) times.push(new Date(timeMs));
    if (times.length === count) break;
  }
  return times;
}

/**
 * The longest time between two consecutive firings from now on. Infinity if there is only one. Throws a RangeError if there is none,
 * as on 31 February or in a year that has passed.
 */
export function longestGapMinutes(schedule: ScheduleExpression, timeZone?: string, now = new Date()): number {
  if (schedule.kind === 'rate') return schedule.everyMinutes;
  const [second, minute, hour, ...days] = schedule.pattern.split(' ');
  const timesOfDay: number[] = [];
  for (const ms of localTimesMs(`${second} ${minute} ${hour} * * * *`, -1)) {
    if (ms >= DAY_MS) break;
    timesOfDay.push(ms);
  }
  const ends = [...new Set([timesOfDay[0] ?? 0, timesOfDay.at(-1) ?? 0])];
  let longestMs = longestStep(timesOfDay);
  let lastMs: number | undefined;
  let looked = 0;
  for (const dayMs of localTimesMs(['0 0 0', ...days].join(' '), now.getTime() - DAY_MS)) {
    const isUsual = offsetMs(dayMs - DAY_MS, timeZone) === offsetMs(dayMs + 2 * DAY_MS, timeZone);
    // On a usual day, the steps between its first and its last time are those of the clock.
    const firings = (isUsual ? ends : timesOfDay).flatMap((ms) => instantMs(dayMs + ms, timeZone) ?? []);
    const coming = firings.filter((ms) => ms > now.getTime());
    longestMs = Math.max(
      longestMs,
      longestStep([...(lastMs === undefined ? [] : [lastMs]), ...(isUsual ? coming.slice(0, 1) : coming)]),
    );
    lastMs = coming.at(-1) ?? lastMs;
    looked += 1;
    if (looked === DAYS_LOOKED_AT) break;
  }
  if (lastMs === undefined) throw new RangeError('it never fires');
  return longestMs > 0 ? longestMs / MINUTE_MS : Number.POSITIVE_INFINITY;
}

/** The clock's times, as if it showed UTC, so that its changes do not matter here. */
function* localTimesMs(pattern: string, afterMs: number): Generator<number> {
  const cron = new Cron(pattern, { mode: '7-part', timezone: 'UTC', paused: true });
  for (let time = cron.nextRun(new Date(afterMs)); time !== null; time = cron.nextRun(time))
    yield time.getTime();
}

/**
 * EventBridge Scheduler skips a time that does not exist when the clock is set forward, and fires once at a time that comes twice when it
 * is set back (EventBridge Scheduler User Guide, "Schedule types", "Daylight savings time").
 */
function instantMs(localMs: number, timeZone: string | undefined): number | undefined {
  const offsets = [offsetMs(localMs - DAY_MS, timeZone), offsetMs(localMs + DAY_MS, timeZone)];
  const instants = offsets.map((offset) => localMs - offset);
  const real = instants.filter((instant) => instant + offsetMs(instant, timeZone) === localMs);
  return real.length === 0 ? undefined : Math.min(...real);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function offsetMs(instant: number, timeZone: string | undefined): number {
  if (timeZone === undefined) return 0;
  const format =
    formats.get(timeZone) ?? new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  formats.set(timeZone, format);
  const [, sign, hours = '0', minutes = '0'] = /GMT([+-])(\d{2}):(\d{2})/.exec(format.format(instant)) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
}

function longestStep(ascending: readonly number[]): number {
  return ascending.reduce((longest, value, i) => Math.max(longest, value - (ascending[i - 1] ?? value)), 0);
}
