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
  readonly min: number;
  readonly max: number;
  /** Names of the values from `min` on. */
  readonly names?: readonly string[];
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const MINUTES: Field = { name: 'minutes', min: 0, max: 59 };
const HOURS: Field = { name: 'hours', min: 0, max: 23 };
const DAY_OF_MONTH: Field = { name: 'day-of-month', min: 1, max: 31 };
const MONTH: Field = { name: 'month', min: 1, max: 12, names: MONTHS };
const DAY_OF_WEEK: Field = { name: 'day-of-week', min: 1, max: 7, names: WEEKDAYS };
const YEAR: Field = { name: 'year', min: 1970, max: 2199 };

const MINUTES_IN = new Map([
  ['minute', 1],
  ['hour', 60],
  ['day', 1440],
]);

/** Throws a RangeError that names the fault. */
export function parseScheduleExpression(text: string): ScheduleExpression {
  const [, value, unit = '', plural] = /^rate\(([1-9]\d{0,5}) ([a-z]+?)(s?)\)$/.exec(text) ?? [];
  const unitMinutes = MINUTES_IN.get(unit);
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
  const [minutes = '', hours = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] = fields;
  if (fields.length !== 6 || fields.includes('')) throw new RangeError('cron takes six fields');
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new RangeError('exactly one of day-of-month and day-of-week must be ?');
  }
  const minutesOfHour = valuesOf(MINUTES, minutes);
  const timesOfDayMs = valuesOf(HOURS, hours).flatMap((hour) =>
    minutesOfHour.map((minute) => (hour * 60 + minute) * 60_000),
  );
  const pattern = [
    '0 0 0',
    daysOfMonth(dayOfMonth),
    valuesOf(MONTH, month),
    daysOfWeek(dayOfWeek),
    valuesOf(YEAR, year),
  ].join(' ');
  return {
    kind: 'cron',
    days: new Cron(pattern, { mode: '7-part', utcOffset: 0, paused: true }),
    timesOfDayMs,
  };
}

function daysOfMonth(text: string): string {
  if (text === '?') return '*';
  // The last day, and the weekday that is nearest to a day.
  if (/^(L|([1-9]|[12]\d|3[01])W)$/.test(text)) return text;
  return valuesOf(DAY_OF_MONTH, text).join();
}

/** croner counts the days of the week from 0. A lone L is Saturday, 6L the last Friday of the month, 6#2 the second. */
function daysOfWeek(text: string): string {
  if (text === '?') return '*';
  if (text === 'L') return '6';
  const [, day, place] = /^([1-7]|[A-Z]{3})(L|#[1-5])$/.exec(text) ?? [];
  if (day !== undefined) return `${numberOf(DAY_OF_WEEK, day) - 1}${place}`;
  return valuesOf(DAY_OF_WEEK, text)
    .map((value) => value - 1)
    .join();
}

/** Of a list of values, ranges, `*`, and increments of these; ascending. */
function valuesOf(field: Field, list: string): readonly number[] {
  const values = list.split(',').flatMap((item) => {
    const [, from = '', to, step] = /^(\*|[A-Z0-9]+)(?:-([A-Z0-9]+))?(?:\/(\d+))?$/.exec(item) ?? [];
    // Days of the week have no increments, and no increment is longer than its field.
    const longestStep = field === DAY_OF_WEEK ? 0 : field.max - field.min;
    const isStep = step === undefined || (Number(step) >= 1 && Number(step) <= longestStep);
    if (from === '' || (from === '*' && to !== undefined) || !isStep) throw notOf(field, item);
    const first = from === '*' ? field.min : numberOf(field, from);
    const isOpen = from === '*' || step !== undefined;
    const last = to !== undefined ? numberOf(field, to) : isOpen ? field.max : first;
    if (last < first) throw new RangeError(`in ${field.name}, the range ${item} runs backwards`);
    const by = Number(step ?? 1);
    return Array.from({ length: Math.floor((last - first) / by) + 1 }, (_, index) => first + index * by);
  });
  return [...new Set(values)].sort((a, b) => a - b);
}

function numberOf(field: Field, text: string): number {
  const named = field.names?.indexOf(text) ?? -1;
  const value = named >= 0 ? field.min + named : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= field.min && value <= field.max) return value;
  throw notOf(field, text);
}

function notOf({ name, min, max, names }: Field, text: string): RangeError {
  const others = names === undefined ? '' : ` or ${names[0]} to ${names.at(-1)}`;
  return new RangeError(`${name} takes ${min} to ${max}${others}, not ${text}`);
}
