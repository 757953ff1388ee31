import type { ScheduleExpression } from './schedule-expression.ts';
import { TimeZone, UTC } from './time-zone.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The last day for which EventBridge accepts a schedule. */
const LAST_DAY = Date.UTC(2199, 11, 31);

/**
 * The next times at which a cron schedule fires, ascending; fewer than `count` if the schedule ends. A `rate(…)` has none:
 * EventBridge counts from when it was enabled.
 */
export function nextTimes(
  { timesOfDay, fallsOn }: Extract<ScheduleExpression, { kind: 'cron' }>,
  { after, count, timeZone }: { readonly after: Date; readonly count: number; readonly timeZone?: string },
): readonly Date[] {
  const zone = timeZone === undefined ? UTC : new TimeZone(timeZone);
  const times: Date[] = [];
  // The zone's clock may be a day behind UTC.
  const firstDay = (Math.floor(after.getTime() / DAY_MS) - 1) * DAY_MS;
  for (let day = firstDay; day <= LAST_DAY && times.length < count; day += DAY_MS) {
    if (!fallsOn(new Date(day))) continue;
    for (const time of timesOfDay) {
      const instantMs = zone.instantMs(day + time * MINUTE_MS);
      if (instantMs !== undefined && instantMs > after.getTime()) times.push(new Date(instantMs));
    }
  }
  return times.slice(0, count);
}
