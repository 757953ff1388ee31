/**
 * EventBridge's schedule expressions, `rate(value unit)` and `cron(six fields)`, in UTC
 * (Amazon EventBridge User Guide, "Setting a schedule pattern for scheduled rules").
 * CloudFormation finds an invalid one only during a deployment, without details.
 */
export type ScheduleExpression =
  | { readonly kind: 'rate'; readonly everyMinutes: number }
  | {
      readonly kind: 'cron';
      /** Minutes since midnight, ascending. */
      readonly timesOfDay: readonly number[];
      readonly fallsOn: DayRule;
    };

/** Tells whether the schedule fires on a day, given as its midnight in UTC. */
type DayRule = (day: Date) => boolean;

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names of the values from `min` on. */
  readonly names?: readonly string[];
  /** Day-of-week has no increments. */
  readonly increments?: false;
}

const MINUTES: Field = { name: 'minutes', min: 0, max: 59 };
const HOURS: Field = { name: 'hours', min: 0, max: 23 };
const DAY_OF_MONTH: Field = { name: 'day-of-month', min: 1, max: 31 };
const MONTH: Field = {
  name: 'month',
  min: 1,
  max: 12,
  names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
};
const DAY_OF_WEEK: Field = {
  name: 'day-of-week',
  min: 1,
  max: 7,
  names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
  increments: false,
};
const YEAR: Field = { name: 'year', min: 1970, max: 2199 };

const DAY_MS = 86_400_000;
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
  const cron = /^cron\((.*)\)$/.exec(text);
  if (cron === null) throw new RangeError('it is neither cron(…) nor rate(…)');
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year, ...more] = (cron[1] ?? '').split(/ +/);
  if (!minutes || !hours || !dayOfMonth || !month || !dayOfWeek || !year || more.length > 0) {
    throw new RangeError('cron takes six fields');
  }
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new RangeError('exactly one of day-of-month and day-of-week must be ?');
  }
  const minuteValues = parseValues(MINUTES, minutes);
  const hourValues = parseValues(HOURS, hours);
  const months = new Set(parseValues(MONTH, month));
  const years = new Set(parseValues(YEAR, year));
  const isDay = dayOfWeek === '?' ? dayOfMonthRule(dayOfMonth) : dayOfWeekRule(dayOfWeek);
  return {
    kind: 'cron',
    timesOfDay: hourValues.flatMap((hour) => minuteValues.map((minute) => hour * 60 + minute)),
    fallsOn: (day) => years.has(day.getUTCFullYear()) && months.has(day.getUTCMonth() + 1) && isDay(day),
  };
}

function dayOfMonthRule(text: string): DayRule {
  if (text === 'L') return (day) => day.getUTCDate() === daysInMonth(day);
  const nearest = /^(\d+)W$/.exec(text)?.[1];
  if (nearest !== undefined) {
    const wanted = parseValue(DAY_OF_MONTH, nearest);
    return (day) => day.getUTCDate() === nearestWeekday(day, wanted);
  }
  const days = new Set(parseValues(DAY_OF_MONTH, text));
  return (day) => days.has(day.getUTCDate());
}

function dayOfWeekRule(text: string): DayRule {
  if (text === 'L') return (day) => weekday(day) === DAY_OF_WEEK.max;
  const [, name, place] = /^([A-Z]+|\d)(L|#[1-5])$/.exec(text) ?? [];
  if (name !== undefined && place !== undefined) {
    const wanted = parseValue(DAY_OF_WEEK, name);
    return place === 'L'
      ? (day) => weekday(day) === wanted && day.getUTCDate() + 7 > daysInMonth(day)
      : (day) => weekday(day) === wanted && Math.ceil(day.getUTCDate() / 7) === Number(place.slice(1));
  }
  const days = new Set(parseValues(DAY_OF_WEEK, text));
  return (day) => days.has(weekday(day));
}

/** A list of values, ranges, `*`, and increments of these; ascending. */
function parseValues(field: Field, text: string): readonly number[] {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const [, from = '', to, step] = /^(\*|[A-Z0-9]+)(?:-([A-Z0-9]+))?(?:\/(\d+))?$/.exec(item) ?? [];
    if (from === '' || (from === '*' && to !== undefined)) throw notOf(field, item);
    if (step !== undefined && (field.increments === false || Number(step) < 1)) throw notOf(field, item);
    const first = from === '*' ? field.min : parseValue(field, from);
    const open = from === '*' || step !== undefined;
    const last = to !== undefined ? parseValue(field, to) : open ? field.max : first;
    if (last < first) throw new RangeError(`in ${field.name}, the range ${item} runs backwards`);
    for (let value = first; value <= last; value += Number(step ?? 1)) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

function parseValue(field: Field, text: string): number {
  const named = field.names?.indexOf(text) ?? -1;
  const value = named >= 0 ? field.min + named : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= field.min && value <= field.max) return value;
  throw notOf(field, text);
}

function notOf(field: Field, text: string): RangeError {
  const names = field.names === undefined ? '' : ` or ${field.names[0]} to ${field.names.at(-1)}`;
  return new RangeError(`${field.name} takes ${field.min} to ${field.max}${names}, not ${text}`);
}

/** EventBridge counts from Sunday, 1, to Saturday, 7. */
function weekday(day: Date): number {
  return day.getUTCDay() + 1;
}

function daysInMonth(day: Date): number {
  return new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate();
}

/** The weekday nearest to a day of the month, in the same month. 0 if the month has no such day. */
function nearestWeekday(day: Date, wanted: number): number {
  const last = daysInMonth(day);
  if (wanted > last) return 0;
  const weekdayOfWanted = weekday(new Date(day.getTime() + (wanted - day.getUTCDate()) * DAY_MS));
  if (weekdayOfWanted === 7) return wanted > 1 ? wanted - 1 : wanted + 2;
  if (weekdayOfWanted === 1) return wanted < last ? wanted + 1 : wanted - 2;
  return wanted;
}
