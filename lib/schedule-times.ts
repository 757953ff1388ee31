import type { ScheduleExpression } from './schedule-expression.ts';
import { type Clock, clockOf } from './time-zone.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The days that EventBridge accepts in a schedule. */
const FIRST_DAY = Date.UTC(1970, 0, 1);
const LAST_DAY = Date.UTC(2199, 11, 31);

/**
 * The next times at which a cron schedule fires, ascending; fewer than `count` if the schedule ends. A `rate(…)` has none:
 * EventBridge counts from when it was enabled.
 */
export function nextTimes(
  { timesOfDay, fallsOn }: Extract<ScheduleExpression, { kind: 'cron' }>,
  { after, count, timeZone }: { readonly after: Date; readonly count: number; readonly timeZone?: string },
): readonly Date[] {
  const clock = clockOf(timeZone);
  const timesMs: number[] = [];
  // The zone's clock may be a day behind UTC.
  const firstDay = (Math.floor(after.getTime() / DAY_MS) - 1) * DAY_MS;
  for (let day = firstDay; day <= LAST_DAY && timesMs.length < count; day += DAY_MS) {
    if (!fallsOn(new Date(day))) continue;
    timesMs.push(...firingsMs(clock, day, timesOfDay).filter((timeMs) => timeMs > after.getTime()));
  }
  return timesMs.slice(0, count).map((timeMs) => new Date(timeMs));
}

/**
 * The longest time between two consecutive firings, from the first day to the last, so that it does not depend on today.
 * Infinity if there is only one. Throws a RangeError if there is none, as on 31 February.
 *
 * EventBridge Scheduler skips a time that does not exist when the clock is set forward, and fires once at a time that comes
 * twice when it is set back (EventBridge Scheduler User Guide, "Schedule types", "Daylight savings time").
 */
export function longestGapMinutes(schedule: ScheduleExpression, timeZone?: string): number {
  if (schedule.kind === 'rate') return schedule.everyMinutes;
  const { timesOfDay, fallsOn } = schedule;
  const clock = clockOf(timeZone);
  const ends = [...new Set([timesOfDay[0] ?? 0, timesOfDay.at(-1) ?? 0])];
  let longestMs = longestStep(timesOfDay) * MINUTE_MS;
  let lastFiring: number | undefined;
  for (let day = FIRST_DAY; day <= LAST_DAY; day += DAY_MS) {
    if (!fallsOn(new Date(day))) continue;
    // On any other day, the steps between the first and the last time are those of the clock.
    const times = clock.changesNear(day) ? timesOfDay : ends;
    const firings = firingsMs(clock, day, times);
    const [first] = firings;
    if (first === undefined) continue;
    longestMs = Math.max(longestMs, first - (lastFiring ?? first));
    if (times !== ends) longestMs = Math.max(longestMs, longestStep(firings));
    lastFiring = firings.at(-1);
  }
  if (lastFiring === undefined) throw new RangeError('it never fires');
  return longestMs > 0 ? longestMs / MINUTE_MS : Number.POSITIVE_INFINITY;
}

/** A time that the clock skips does not fire. */
function firingsMs(clock: Clock, dayMs: number, timesOfDay: readonly number[]): readonly number[] {
  return timesOfDay.flatMap((time) => clock.instantMs(dayMs + time * MINUTE_MS) ?? []);
}

function longestStep(ascending: readonly number[]): number {
  return ascending.reduce((longest, value, i) => Math.max(longest, value - (ascending[i - 1] ?? value)), 0);
}
