import type { ScheduleExpression } from './schedule-expression.ts';
import { TimeZone, UTC } from './time-zone.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** All days that EventBridge accepts in a schedule, so that the result does not depend on today. */
const FIRST_DAY = Date.UTC(1970, 0, 1);
const LAST_DAY = Date.UTC(2199, 11, 31);

/**
 * The longest time between two consecutive firings. Infinity if there is only one.
 * Throws a RangeError if there is none, as on 31 February.
 *
 * EventBridge Scheduler skips a time that does not exist when the clock is set forward, and fires once at a time that comes
 * twice when it is set back (EventBridge Scheduler User Guide, "Schedule types", "Daylight savings time").
 */
export function longestGapMinutes(schedule: ScheduleExpression, timeZone?: string): number {
  if (schedule.kind === 'rate') return schedule.everyMinutes;
  const { timesOfDay, fallsOn } = schedule;
  const zone = timeZone === undefined ? UTC : new TimeZone(timeZone);
  const ends = [...new Set([timesOfDay[0] ?? 0, timesOfDay.at(-1) ?? 0])];
  let longest = longestStep(timesOfDay);
  let lastFiring: number | undefined;
  for (let day = FIRST_DAY; day <= LAST_DAY; day += DAY_MS) {
    if (!fallsOn(new Date(day))) continue;
    // On any other day, the steps between the first and the last time are those of the clock.
    const times = zone.changesNear(day) ? timesOfDay : ends;
    const firings = times.flatMap((time) => {
      const instantMs = zone.instantMs(day + time * MINUTE_MS);
      return instantMs === undefined ? [] : instantMs / MINUTE_MS;
    });
    const [first] = firings;
    if (first === undefined) continue;
    if (lastFiring !== undefined) longest = Math.max(longest, first - lastFiring);
    if (times !== ends) longest = Math.max(longest, longestStep(firings));
    lastFiring = firings.at(-1);
  }
  if (lastFiring === undefined) throw new RangeError('it never fires');
  return longest > 0 ? longest : Number.POSITIVE_INFINITY;
}

function longestStep(ascending: readonly number[]): number {
  return ascending.reduce((longest, value, i) => Math.max(longest, value - (ascending[i - 1] ?? value)), 0);
}
