import { describe, expect, it } from 'vitest';
import { parseScheduleExpression } from '../../lib/schedule-expression.ts';
import { longestGapMinutes, nextTimes } from '../../lib/schedule-times.ts';

function next(expression: string, after: string, timeZone?: string): readonly string[] {
  const schedule = parseScheduleExpression(expression);
  if (schedule.kind !== 'cron') throw new Error('not a cron expression');
  const options = { after: new Date(after), count: 3, ...(timeZone !== undefined && { timeZone }) };
  return nextTimes(schedule, options).map((time) => time.toISOString().slice(0, 16));
}

describe('the next three times of a schedule', () => {
  it.each([
    [
      'cron(0 3 * * ? *)',
      '2026-11-24T03:00:00Z',
      ['2026-11-25T03:00', '2026-11-26T03:00', '2026-11-27T03:00'],
    ],
    [
      'cron(0 3 * * ? *)',
      '2026-11-24T02:59:59Z',
      ['2026-11-24T03:00', '2026-11-25T03:00', '2026-11-26T03:00'],
    ],
    [
      'cron(0 1,23 ? * SUN *)',
      '2026-11-24T00:00:00Z',
      ['2026-11-29T01:00', '2026-11-29T23:00', '2026-12-06T01:00'],
    ],
    [
      'cron(0 3 29 2 ? *)',
      '2096-03-01T00:00:00Z',
      ['2104-02-29T03:00', '2108-02-29T03:00', '2112-02-29T03:00'],
    ],
    ['cron(0 3 1 1 ? 2027)', '2026-11-24T00:00:00Z', ['2027-01-01T03:00']],
    ['cron(0 3 1 1 ? 2020)', '2026-11-24T00:00:00Z', []],
  ])('%s after %s are %j', (expression, after, times) => {
    expect(next(expression, after)).toEqual(times);
  });

  it.each([
    // The clock is set forward at 02:00 on 28 March 2027, so 02:30 does not exist on that day.
    [
      'cron(30 2 * * ? *)',
      'Europe/Berlin',
      '2027-03-26T12:00:00Z',
      ['2027-03-27T01:30', '2027-03-29T00:30', '2027-03-30T00:30'],
    ],
    // It is set back at 03:00 on 25 October 2026, so 02:30 comes twice on that day.
    [
      'cron(30 2 * * ? *)',
      'Europe/Berlin',
      '2026-10-24T12:00:00Z',
      ['2026-10-25T00:30', '2026-10-26T01:30', '2026-10-27T01:30'],
    ],
    // The day there begins before, or after, the day in UTC.
    [
      'cron(0 1 * * ? *)',
      'Pacific/Auckland',
      '2026-11-24T11:00:00Z',
      ['2026-11-24T12:00', '2026-11-25T12:00', '2026-11-26T12:00'],
    ],
    [
      'cron(0 23 * * ? *)',
      'America/Los_Angeles',
      '2026-11-24T06:59:00Z',
      ['2026-11-24T07:00', '2026-11-25T07:00', '2026-11-26T07:00'],
    ],
  ])('%s in %s after %s are %j', (expression, timeZone, after, times) => {
    expect(next(expression, after, timeZone)).toEqual(times);
  });
});

const NOW = new Date('2026-11-27T12:00:00Z');
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
    ['cron(0 3 30 2 ? *)', Number.POSITIVE_INFINITY],
  ])('of %s is %d minutes', (text, minutes) => {
    expect(longestGapMinutes(parseScheduleExpression(text), undefined, NOW)).toBe(minutes);
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
    expect(longestGapMinutes(parseScheduleExpression(text), timeZone, NOW)).toBe(minutes);
  });
});
