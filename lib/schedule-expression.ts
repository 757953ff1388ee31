import { Cron } from 'croner';

/**
 * EventBridge's schedule expressions, `rate(value unit)` and `cron(six fields)` (Amazon EventBridge User Guide, "Setting a schedule
 * pattern for scheduled rules"). CloudFormation finds an invalid one only during a deployment, without details.
 */
export type ScheduleExpression =
  | { readonly kind: 'rate'; readonly everyMinutes: number }
  /** The days as if the clock showed UTC, and the times of each day, ascending. */
  | { readonly kind: 'cron'; readonly days: Cron; readonly timesOfDayMs: readonly number[] };

interface Field {
  readonly name: string;
  readonly takes: string;
  /** 0 where there are no steps. */
  readonly longestStep: number;
  /** One value, if not any number or name that croner knows. */
  readonly value?: string;
  /** What it takes beside a list. */
  readonly alone?: RegExp;
}

/** croner accepts all that EventBridge does, and more. */
const FIELDS: readonly Field[] = [
  { name: 'minutes', takes: '0 to 59', longestStep: 59 },
  { name: 'hours', takes: '0 to 23', longestStep: 23 },
  { name: 'day-of-month', takes: '1 to 31', longestStep: 30, alone: /^(\?|L|\d+W)$/ },
  { name: 'month', takes: '1 to 12 or JAN to DEC', longestStep: 11 },
  { name: 'day-of-week', takes: '1 to 7 or SUN to SAT', longestStep: 0, alone: /^(\?|L|\w+(L|#\d))$/ },
  { name: 'year', takes: '1970 to 2199', longestStep: 229, value: '(?:19[7-9]|2[01]\\d)\\d' },
];

const DAY_MS = 86_400_000;
const UNIT_MINUTES = new Map([
  ['minute', 1],
  ['hour', 60],
  ['day', 1440],
]);

/** Throws a RangeError that names the fault. */
export function parseScheduleExpression(text: string): ScheduleExpression {
  const [, value, unit = '', plural] = /^rate\(([1-9]\d{0,5}) ([a-z]+?)(s?)\)$/.exec(text) ?? [];
  const unitMinutes = UNIT_MINUTES.get(unit);
  if (unitMinutes !== undefined) {
    if ((value === '1') === (plural === 's')) {
      throw new RangeError('a value of 1 takes a singular unit, any other a plural one');
    }
    return { kind: 'rate', everyMinutes: Number(value) * unitMinutes };
  }
  const [, fields] = /^cron\((.*)\)$/.exec(text) ?? [];
  if (fields === undefined) throw new RangeError('it is neither cron(…) nor rate(…)');
  return parseCron(fields.split(/ +/));
}

function parseCron(fields: readonly string[]): ScheduleExpression {
  if (fields.length !== FIELDS.length || fields.includes('')) throw new RangeError('cron takes six fields');
  if ((fields[2] === '?') === (fields[4] === '?')) {
    throw new RangeError('exactly one of day-of-month and day-of-week must be ?');
  }
  const [minutes, hours, ...date] = FIELDS.map((field, index) =>
    forCroner(field, index, fields[index] ?? ''),
  );
  const timesOfDay = cron(`0 ${minutes} ${hours} * * * *`, new Date(DAY_MS));
  return {
    kind: 'cron',
    days: cron(`0 0 0 ${date.join(' ')}`),
    timesOfDayMs: timesOfDay.nextRuns(DAY_MS / 60_000, new Date(-1)).map((time) => time.getTime()),
  };
}

/** By the clock of UTC, with days of the week from 1. */
function cron(pattern: string, stopAt?: Date): Cron {
  const ofEventBridge = { mode: '7-part', alternativeWeekdays: true, sloppyRanges: true } as const;
  return new Cron(pattern, { ...ofEventBridge, utcOffset: 0, paused: true, ...(stopAt && { stopAt }) });
}

/** The field as croner writes it. */
function forCroner(field: Field, index: number, text: string): string {
  const { name, takes, longestStep, value = '(?:\\d+|[A-Z]{3})', alone } = field;
  const item = new RegExp(`^(?:\\*|${value}(?:-${value})?)(?:/(\\d+))?$`);
  const isList = text.split(',').every((each) => {
    const found = item.exec(each);
    return found !== null && Number(found[1] ?? 0) <= longestStep;
  });
  const lastDay = name === 'day-of-week' && text === 'L';
  const written = lastDay ? 'SAT' : name === 'year' ? text.replaceAll('*', '1970-2199') : text;
  try {
    if (!isList && !alone?.test(text)) throw new TypeError(`EventBridge does not take ${text}`);
    cron(
      Array.from('0******')
        .with(index + 1, written)
        .join(' '),
    );
    return written;
  } catch (cause) {
    throw new RangeError(`${name} takes ${takes}, not ${text}`, { cause });
  }
}

/** More than a year of a daily schedule, with all changes of the clock, and as many days of a rarer one. */
const DAYS_LOOKED_AT = 400;

/** When a cron schedule fires, ascending. A `rate(…)` has no such times: EventBridge counts from when it was enabled. */
export function* firingsMs(
  { days, timesOfDayMs }: Extract<ScheduleExpression, { kind: 'cron' }>,
  afterMs: number,
  timeZone = 'UTC',
): Generator<number> {
  const clock = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  // The zone's clock may be a day behind UTC.
  let day = days.nextRun(new Date(afterMs - 2 * DAY_MS));
  for (let looked = 0; day !== null && looked < DAYS_LOOKED_AT; looked += 1) {
    for (const ms of instantsMs(day.getTime(), timesOfDayMs, clock)) if (ms > afterMs) yield ms;
    day = days.nextRun(day);
  }
}

/**
 * EventBridge Scheduler skips a time that does not exist when the clock is set forward, and fires once at a time that comes twice when it
 * is set back (EventBridge Scheduler User Guide, "Schedule types", "Daylight savings time").
 */
function instantsMs(dayMs: number, timesOfDayMs: readonly number[], clock: Intl.DateTimeFormat): number[] {
  const [before, after] = [offsetMs(dayMs - DAY_MS, clock), offsetMs(dayMs + 2 * DAY_MS, clock)];
  return timesOfDayMs.flatMap((timeMs) => {
    const shownMs = dayMs + timeMs;
    if (before === after) return shownMs - before;
    const instants = [shownMs - before, shownMs - after];
    return instants.filter((instant) => instant + offsetMs(instant, clock) === shownMs).slice(0, 1);
  });
}

function offsetMs(instant: number, clock: Intl.DateTimeFormat): number {
  const [, sign, hours = '0', minutes = '0'] = /GMT([+-])(\d{2}):(\d{2})/.exec(clock.format(instant)) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

/** The longest time between two consecutive firings from now on. Infinity if there are fewer than two. */
export function longestGapMinutes(
  schedule: ScheduleExpression,
  timeZone?: string,
  nowMs = Date.now(),
): number {
  if (schedule.kind === 'rate') return schedule.everyMinutes;
  let [longestMs, lastMs] = [0, Number.POSITIVE_INFINITY];
  for (const ms of firingsMs(schedule, nowMs, timeZone)) {
    longestMs = Math.max(longestMs, ms - lastMs);
    lastMs = ms;
  }
  return longestMs > 0 ? longestMs / 60_000 : Number.POSITIVE_INFINITY;
}
