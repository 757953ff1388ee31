import { describe, expect, it } from 'vitest';
import { parseScheduleExpression } from '../../lib/schedule-expression.ts';
import { longestGapMinutes } from '../../lib/schedule-gap.ts';

const HOUR = 60;
const DAY = 24 * HOUR;

describe('the longest gap of a schedule', () => {
  it.each([
    ['rate(5 minutes)', 5],
    ['rate(7 days)', 7 * DAY],
    ['cron(0 3 * * ? *)', DAY],
    ['cron(* * * * ? *)', 1],
    ['cron(0 1,3 * * ? *)', 22 * HOUR],
    ['cron(0/15 9-17 * * ? *)', 15 * HOUR + 15],
    ['cron(0 3 ? * MON-FRI *)', 3 * DAY],
    ['cron(0 3 ? * SUN *)', 7 * DAY],
    ['cron(0 3 1 * ? *)', 31 * DAY],
    ['cron(0 3 31 * ? *)', 61 * DAY],
    // 2100 is not a leap year.
    ['cron(0 3 29 2 ? *)', (8 * 365 + 1) * DAY],
    ['cron(0 3 1 1 ? 2027,2029)', (365 + 366) * DAY],
    ['cron(0,10 3 1 1 ? 2027)', 10],
    ['cron(0 3 1 1 ? 2027)', Number.POSITIVE_INFINITY],
  ])('of %s is %d minutes', (text, minutes) => {
    expect(longestGapMinutes(parseScheduleExpression(text))).toBe(minutes);
  });

  it.each([
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
    ['cron(0 3 * * ? *)', 'UTC', DAY],
  ])('of %s in %s is %d minutes', (text, timeZone, minutes) => {
    expect(longestGapMinutes(parseScheduleExpression(text), timeZone)).toBe(minutes);
  });

  it('does not exist where it never fires', () => {
    expect(() => longestGapMinutes(parseScheduleExpression('cron(0 3 30 2 ? *)'))).toThrow('it never fires');
  });
});
