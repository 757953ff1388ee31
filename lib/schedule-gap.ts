import type { ScheduleExpression } from './schedule-expression.ts';

const DAY_MINUTES = 1440;

/** All the days for which EventBridge takes a schedule, so that the result does not depend on today. */
const FIRST_DAY = Date.UTC(1970, 0, 1);
const LAST_DAY = Date.UTC(2199, 11, 31);

/**
 * The longest time between two firings in a row; Infinity where there is but one.
 * Throws a RangeError where there is none, as on 31 February.
 */
export function longestGapMinutes(schedule: ScheduleExpression): number {
  if (schedule.kind === 'rate') return schedule.everyMinutes;
  const { timesOfDay, fallsOn } = schedule;
  const [first = 0] = timesOfDay;
  const last = timesOfDay.at(-1) ?? first;
  let longest = longestStep(timesOfDay);
  let lastFiring: number | undefined;
  for (let day = FIRST_DAY; day <= LAST_DAY; day += DAY_MINUTES * 60_000) {
    if (!fallsOn(new Date(day))) continue;
    const midnight = day / 60_000;
    if (lastFiring !== undefined) longest = Math.max(longest, midnight + first - lastFiring);
    lastFiring = midnight + last;
  }
  if (lastFiring === undefined) throw new RangeError('it never fires');
  return longest > 0 ? longest : Number.POSITIVE_INFINITY;
}

function longestStep(ascending: readonly number[]): number {
  return ascending.reduce((longest, value, i) => Math.max(longest, value - (ascending[i - 1] ?? value)), 0);
}
