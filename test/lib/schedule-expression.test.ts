import { describe, expect, it } from 'vitest';
import { parseScheduleExpression } from '../../lib/schedule-expression.ts';
import { nextTimes } from '../../lib/schedule-times.ts';

/** When a cron expression fires within a year, as `MM-DD` and `HH:MM`. */
function timesOf(text: string, year = 2027): readonly (readonly [string, string])[] {
  const schedule = parseScheduleExpression(text);
  if (schedule.kind !== 'cron') throw new Error('not cron');
  const times = nextTimes(schedule, { after: new Date(Date.UTC(year, 0, 1) - 1), count: 500 });
  const texts = times.map((time) => time.toISOString()).filter((time) => time.startsWith(String(year)));
  return texts.map((time) => [time.slice(5, 10), time.slice(11, 16)]);
}

describe('a rate', () => {
  it.each([
    ['rate(1 minute)', 1],
    ['rate(5 minutes)', 5],
    ['rate(12 hours)', 720],
    ['rate(1 day)', 1440],
    ['rate(30 days)', 43_200],
  ])('%s fires every %i minutes', (text, everyMinutes) => {
    expect(parseScheduleExpression(text)).toEqual({ kind: 'rate', everyMinutes });
  });

  it.each([
    'rate(1 minutes)',
    'rate(2 minute)',
    'rate(0 days)',
    'rate(-1 days)',
    'rate(1.5 hours)',
    'rate(1 week)',
    'rate(5minutes)',
    'rate()',
  ])('%s is refused', (text) => {
    expect(() => parseScheduleExpression(text)).toThrow(RangeError);
  });
});

describe('a cron expression', () => {
  it.each([
    ['cron(0 3 1 1 ? *)', ['03:00']],
    ['cron(0,30 8-9 1 1 ? *)', ['08:00', '08:30', '09:00', '09:30']],
    ['cron(30,0 9,8 1 1 ? *)', ['08:00', '08:30', '09:00', '09:30']],
    ['cron(10/20 0 1 1 ? *)', ['00:10', '00:30', '00:50']],
    ['cron(*/30 */12 1 1 ? *)', ['00:00', '00:30', '12:00', '12:30']],
    ['cron(0-10/5 23 1 1 ? *)', ['23:00', '23:05', '23:10']],
  ])('%s fires at %j', (text, times) => {
    expect(timesOf(text).map(([, time]) => time)).toEqual(times);
  });

  it('fires every day where days are *', () => {
    expect(timesOf('cron(0 3 * * ? *)')).toHaveLength(365);
    expect(timesOf('cron(0 3 ? * * *)', 2028)).toHaveLength(366);
  });

  it.each([
    ['cron(0 3 1,15 1 ? *)', ['01-01', '01-15']],
    ['cron(0 3 L 2 ? *)', ['02-28']],
    // 2027-05-01 is a Saturday, 2027-05-02 a Sunday; 2027-05-30 is a Sunday, 2027-05-31 a Monday.
    ['cron(0 3 1W 5 ? *)', ['05-03']],
    ['cron(0 3 2W 5 ? *)', ['05-03']],
    ['cron(0 3 8W 5 ? *)', ['05-07']],
    ['cron(0 3 12W 5 ? *)', ['05-12']],
    // 2027-01-31 and 2027-10-31 are Sundays: the month is not left.
    ['cron(0 3 31W 1,2,10 ? *)', ['01-29', '10-29']],
    ['cron(0 3 ? MAY MON *)', ['05-03', '05-10', '05-17', '05-24', '05-31']],
    ['cron(0 3 ? 5 2#1 *)', ['05-03']],
    ['cron(0 3 ? 5 MON#5 *)', ['05-31']],
    ['cron(0 3 ? 5 6L *)', ['05-28']],
    ['cron(0 3 ? 5 FRIL *)', ['05-28']],
    ['cron(0 3 ? 5 L *)', ['05-01', '05-08', '05-15', '05-22', '05-29']],
    ['cron(0 3 1 JAN-MAR,DEC ? *)', ['01-01', '02-01', '03-01', '12-01']],
    ['cron(0 3 1 1 ? 2026,2028-2030)', []],
    ['cron(0 3 1 1 ? 2026-2028)', ['01-01']],
  ])('%s falls on the right days of 2027', (text, days) => {
    expect(timesOf(text).map(([day]) => day)).toEqual(days);
  });

  it.each([
    ['cron(0 3 * * * *)', 'exactly one of day-of-month and day-of-week must be ?'],
    ['cron(0 3 ? * ? *)', 'exactly one of day-of-month and day-of-week must be ?'],
    ['cron(0 3 1 * MON *)', 'exactly one of day-of-month and day-of-week must be ?'],
    ['cron(0 3 * * ?)', 'cron takes six fields'],
    ['cron(0 3 * * ? * *)', 'cron takes six fields'],
    ['cron()', 'cron takes six fields'],
    ['0 3 * * ? *', 'it is neither cron(…) nor rate(…)'],
    ['cron(60 3 * * ? *)', 'minutes takes 0 to 59, not 60'],
    ['cron(0 24 * * ? *)', 'hours takes 0 to 23, not 24'],
    ['cron(0 3 32 * ? *)', 'day-of-month takes 1 to 31, not 32'],
    ['cron(0 3 0W * ? *)', 'day-of-month takes 1 to 31, not 0W'],
    ['cron(*/60 3 * * ? *)', 'minutes takes 0 to 59, not */60'],
    ['cron(0 0/24 * * ? *)', 'hours takes 0 to 23, not 0/24'],
    ['cron(0 3 ? * FOO#1 *)', 'day-of-week takes 1 to 7 or SUN to SAT, not FOO'],
    ['cron(0 3 1,L * ? *)', 'day-of-month takes 1 to 31, not L'],
    ['cron(0 3 * 13 ? *)', 'month takes 1 to 12 or JAN to DEC, not 13'],
    ['cron(0 3 * FEBRUARY ? *)', 'month takes 1 to 12 or JAN to DEC, not FEBRUARY'],
    ['cron(0 3 ? * 0 *)', 'day-of-week takes 1 to 7 or SUN to SAT, not 0'],
    ['cron(0 3 ? * 2/2 *)', 'day-of-week takes 1 to 7 or SUN to SAT, not 2/2'],
    ['cron(0 3 ? * MON#6 *)', 'day-of-week takes 1 to 7 or SUN to SAT, not MON#6'],
    ['cron(0 3 * * ? 1969)', 'year takes 1970 to 2199, not 1969'],
    ['cron(0 ? * * ? *)', 'hours takes 0 to 23, not ?'],
    ['cron(*/0 3 * * ? *)', 'minutes takes 0 to 59, not */0'],
    ['cron(*-5 3 * * ? *)', 'minutes takes 0 to 59, not *-5'],
    ['cron(, 3 * * ? *)', 'minutes takes 0 to 59, not '],
    ['cron(0 22-2 * * ? *)', 'in hours, the range 22-2 runs backwards'],
  ])('%s is refused, and the fault named', (text, fault) => {
    expect(() => parseScheduleExpression(text)).toThrow(new RangeError(fault));
  });
});
