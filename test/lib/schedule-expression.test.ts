import { describe, expect, it } from 'vitest';
import { firingsMs, longestGapMinutes, parseScheduleExpression } from '../../lib/schedule-expression.ts';

/** When a cron expression fires, such as `2027-05-31T03:00`. */
function* times(expression: string, after: string, timeZone?: string): Generator<string> {
  const schedule = parseScheduleExpression(expression);
  if (schedule.kind !== 'cron') throw new Error('not cron');
  for (const ms of firingsMs(schedule, Date.parse(after), timeZone)) {
    yield new Date(ms).toISOString().slice(0, 16);
  }
}

/** Within 2027. */
function timesOf2027(expression: string): readonly string[] {
  return [...times(expression, '2026-12-31T23:59:59Z')].filter((time) => time.startsWith('2027'));
}

const HOUR = 60;
const DAY = 24 * HOUR;

describe('a cron expression', () => {
  it.each([
    ['cron(0 3 1 1 ? *)', ['03:00']],
    ['cron(30,0 9,8 1 1 ? *)', ['08:00', '08:30', '09:00', '09:30']],
    ['cron(10/20 0 1 1 ? *)', ['00:10', '00:30', '00:50']],
    ['cron(*/30 */12 1 1 ? *)', ['00:00', '00:30', '12:00', '12:30']],
    ['cron(0-10/5 8-9 1 1 ? *)', ['08:00', '08:05', '08:10', '09:00', '09:05', '09:10']],
  ])('%s fires at %j', (text, expected) => {
    expect(timesOf2027(text).map((time) => time.slice(11))).toEqual(expected);
  });

  it.each([
    ['cron(0 3 1,15 1 ? *)', ['01-01', '01-15']],
    ['cron(0 3 1/10 1 ? *)', ['01-01', '01-11', '01-21', '01-31']],
    ['cron(0 3 L 2 ? *)', ['02-28']],
    // 2027-05-01 is a Saturday, 2027-05-02 a Sunday; 2027-05-30 is a Sunday, 2027-05-31 a Monday.
    ['cron(0 3 1W 5 ? *)', ['05-03']],
    ['cron(0 3 8W 5 ? *)', ['05-07']],
    ['cron(0 3 12W 5 ? *)', ['05-12']],
    // 2027-01-31 and 2027-10-31 are Sundays: the month is not left.
    ['cron(0 3 31W 1,2,10 ? *)', ['01-29', '10-29']],
    ['cron(0 3 ? MAY MON *)', ['05-03', '05-10', '05-17', '05-24', '05-31']],
    [
      'cron(0 3 ? 5 1-2 *)',
      ['05-02', '05-03', '05-09', '05-10', '05-16', '05-17', '05-23', '05-24', '05-30', '05-31'],
    ],
    ['cron(0 3 ? 5 2#1 *)', ['05-03']],
    ['cron(0 3 ? 5 MON#5 *)', ['05-31']],
    ['cron(0 3 ? 5 6L *)', ['05-28']],
    ['cron(0 3 ? 5 FRIL *)', ['05-28']],
    ['cron(0 3 ? 5 L *)', ['05-01', '05-08', '05-15', '05-22', '05-29']],
    ['cron(0 3 1 JAN-MAR,DEC ? *)', ['01-01', '02-01', '03-01', '12-01']],
    ['cron(0 3 1 1 ? 2026,2028-2030)', []],
    ['cron(0 3 1 1 ? 2026-2028)', ['01-01']],
    ['cron(0 3 1 1 ? 1971/2)', ['01-01']],
    ['cron(0 3 1 1 ? */3)', ['01-01']],
  ])('%s falls on the right days of 2027', (text, days) => {
    expect(timesOf2027(text).map((time) => time.slice(5, 10))).toEqual(days);
  });

  it.each([
    // The clock is set forward at 02:00 on 28 March 2027, so 02:30 does not exist on that day.
    ['cron(30 2 * * ? *)', 'Europe/Berlin', '2027-03-26T12:00Z', ['2027-03-27T01:30', '2027-03-29T00:30']],
    // It is set back at 03:00 on 25 October 2026, so 02:30 comes twice on that day.
    ['cron(30 2 * * ? *)', 'Europe/Berlin', '2026-10-24T12:00Z', ['2026-10-25T00:30', '2026-10-26T01:30']],
    // The day there begins before, or after, the day in UTC.
    ['cron(0 1 * * ? *)', 'Pacific/Auckland', '2026-11-24T11:00Z', ['2026-11-24T12:00', '2026-11-25T12:00']],
    [
      'cron(0 23 * * ? *)',
      'America/Los_Angeles',
      '2026-11-24T06:59Z',
      ['2026-11-24T07:00', '2026-11-25T07:00'],
    ],
    // The time itself is over.
    ['cron(0 3 * * ? *)', undefined, '2026-11-24T03:00Z', ['2026-11-25T03:00', '2026-11-26T03:00']],
    ['cron(0 3 29 2 ? *)', undefined, '2096-03-01T00:00Z', ['2104-02-29T03:00', '2108-02-29T03:00']],
    ['cron(0 3 1 1 ? 2020)', undefined, '2026-11-24T00:00Z', []],
  ])('%s in %s after %s fires next at %j', (expression, timeZone, after, expected) => {
    const [first, second] = times(expression, after, timeZone);
    expect([first, second].filter((time) => time !== undefined)).toEqual(expected);
  });
});

it.each<readonly [string, string]>([
  ['cron(0 3 * * * *)', 'exactly one of day-of-month and day-of-week must be ?'],
  ['cron(0 3 ? * ? *)', 'exactly one of day-of-month and day-of-week must be ?'],
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
  ['cron(0 3 ? * FOO#1 *)', 'day-of-week takes 1 to 7 or SUN to SAT, not FOO#1'],
  ['cron(0 3 1,L * ? *)', 'day-of-month takes 1 to 31, not 1,L'],
  ['cron(0 3 * 13 ? *)', 'month takes 1 to 12 or JAN to DEC, not 13'],
  ['cron(0 3 * FEBRUARY ? *)', 'month takes 1 to 12 or JAN to DEC, not FEBRUARY'],
  ['cron(0 3 ? * 0 *)', 'day-of-week takes 1 to 7 or SUN to SAT, not 0'],
  ['cron(0 3 ? * 2/2 *)', 'day-of-week takes 1 to 7 or SUN to SAT, not 2/2'],
  ['cron(0 3 ? * MON#6 *)', 'day-of-week takes 1 to 7 or SUN to SAT, not MON#6'],
  ['cron(0 3 * * ? 1969)', 'year takes 1970 to 2199, not 1969'],
  ['cron(0 3 * * ? 2027-2200)', 'year takes 1970 to 2199, not 2027-2200'],
  ['cron(0 ? * * ? *)', 'hours takes 0 to 23, not ?'],
  ['cron(*/0 3 * * ? *)', 'minutes takes 0 to 59, not */0'],
  ['cron(*-5 3 * * ? *)', 'minutes takes 0 to 59, not *-5'],
  ['cron(, 3 * * ? *)', 'minutes takes 0 to 59, not ,'],
  ['cron(0 22-2 * * ? *)', 'hours takes 0 to 23, not 22-2'],
  ['rate(1 minutes)', 'a value of 1 takes a singular unit, any other a plural one'],
  ['rate(2 minute)', 'a value of 1 takes a singular unit, any other a plural one'],
  ...['0 days', '-1 days', '1.5 hours', '1 week', '5minutes', ''].map(
    (rate) => [`rate(${rate})`, 'it is neither cron(…) nor rate(…)'] as const,
  ),
])('%s is refused, and the fault named', (text, fault) => {
  expect(() => parseScheduleExpression(text)).toThrow(new RangeError(fault));
});

it.each<[string, string | undefined, number]>([
  ['rate(1 minute)', undefined, 1],
  ['rate(12 hours)', undefined, 12 * HOUR],
  ['rate(7 days)', undefined, 7 * DAY],
  ['cron(* * * * ? *)', undefined, 1],
  ['cron(0 1,3 * * ? *)', undefined, 22 * HOUR],
  ['cron(0/15 9-17 * * ? *)', undefined, 15 * HOUR + 15],
  ['cron(0 3 ? * MON-FRI *)', undefined, 3 * DAY],
  ['cron(0 3 31 * ? *)', undefined, 61 * DAY],
  // 2100 is not a leap year.
  ['cron(0 3 29 2 ? *)', undefined, (8 * 365 + 1) * DAY],
  ['cron(0,10 3 1 1 ? 2027)', undefined, 10],
  ['cron(0 3 1 1 ? 2027)', undefined, Number.POSITIVE_INFINITY],
  ['cron(0 3 30 2 ? *)', undefined, Number.POSITIVE_INFINITY],
  // The day on which the clock is set back has 25 hours.
  ['cron(0 3 * * ? *)', 'Europe/Berlin', 25 * HOUR],
  ['cron(0 3 ? * SUN *)', 'America/New_York', 7 * DAY + HOUR],
  ['cron(0 3 * * ? *)', 'Australia/Lord_Howe', DAY + 30],
  // On the day on which the clock is set forward, 02:30 does not exist.
  ['cron(30 2 * * ? *)', 'Europe/Berlin', 47 * HOUR],
  // Of the hour that comes twice, the second does not fire.
  ['cron(0 * * * ? *)', 'Europe/Berlin', 2 * HOUR],
  ['cron(* * * * ? *)', 'Europe/Berlin', HOUR + 1],
  ['cron(0 3 * * ? *)', 'Asia/Kolkata', DAY],
])('the longest gap of %s in %s is %d minutes', (text, timeZone, minutes) => {
  const nowMs = Date.parse('2026-11-27T12:00:00Z');
  expect(longestGapMinutes(parseScheduleExpression(text), timeZone, nowMs)).toBe(minutes);
});
