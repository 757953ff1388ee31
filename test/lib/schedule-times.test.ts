import { describe, expect, it } from 'vitest';
import { parseScheduleExpression } from '../../lib/schedule-expression.ts';
import { nextTimes } from '../../lib/schedule-times.ts';

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
