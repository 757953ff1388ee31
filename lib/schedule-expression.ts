/**
 * EventBridge's schedule expressions, `rate(value unit)` and `cron(six fields)` (Amazon EventBridge User Guide, "Setting a schedule
 * pattern for scheduled rules"). CloudFormation finds an invalid one only during a deployment, without details.
 */
export type ScheduleExpression =
  | { readonly kind: 'rate'; readonly everyMinutes: number }
  /** For croner, which writes some things differently. */
  | { readonly kind: 'cron'; readonly pattern: string };

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names of the values from `min` on. */
  readonly names?: readonly string[];
  /** What is accepted beside lists of values. */
  readonly other?: RegExp;
}

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

const FIELDS: readonly Field[] = [
  { name: 'minutes', min: 0, max: 59 },
  { name: 'hours', min: 0, max: 23 },
  { name: 'day-of-month', min: 1, max: 31, other: /^(\?|L|([1-9]|[12]\d|3[01])W)$/ },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'day-of-week', min: 1, max: 7, names: DAYS, other: /^(\?|L|([1-7]|[A-Z]{3})(L|#[1-5]))$/ },
  { name: 'year', min: 1970, max: 2199 },
];

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
  const texts = fields.split(/ +/);
  if (texts.length !== FIELDS.length || texts.includes('')) throw new RangeError('cron takes six fields');
  if ((texts[2] === '?') === (texts[4] === '?')) {
    throw new RangeError('exactly one of day-of-month and day-of-week must be ?');
  }
  return {
    kind: 'cron',
    pattern: ['0', ...FIELDS.map((field, i) => translated(field, texts[i] ?? ''))].join(' '),
  };
}

function translated(field: Field, text: string): string {
  if (!field.other?.test(text))
    return text
      .split(',')
      .map((item) => translatedItem(field, item))
      .join(',');
  if (text === '?') return '*';
  if (field.names === undefined) return text;
  // A lone L is Saturday. croner writes #L for the last of a weekday.
  if (text === 'L') return '6';
  const [, day = '', place = ''] = /^(\d|[A-Z]{3})(.*)$/.exec(text) ?? [];
  return `${numberOf(field, day) - 1}${place.replace(/^L$/, '#L')}`;
}

/** A value, a range, `*`, or an increment of these. */
function translatedItem(field: Field, item: string): string {
  const [, from = '', to, step] = /^(\*|[A-Z0-9]+)(?:-([A-Z0-9]+))?(?:\/(\d+))?$/.exec(item) ?? [];
  // Day-of-week has no increments, and no increment is longer than its field.
  const steps = field.name === 'day-of-week' ? 0 : field.max - field.min;
  const isIncrement = step === undefined || (Number(step) >= 1 && Number(step) <= steps);
  if (from === '' || (from === '*' && to !== undefined) || !isIncrement) throw notOf(field, item);
  const first = from === '*' ? field.min : numberOf(field, from);
  const last =
    to !== undefined ? numberOf(field, to) : from === '*' || step !== undefined ? field.max : first;
  if (last < first) throw new RangeError(`in ${field.name}, the range ${item} runs backwards`);
  // croner counts days of the week from 0.
  const offset = field.name === 'day-of-week' ? 1 : 0;
  const range = first === last ? String(first - offset) : `${first - offset}-${last - offset}`;
  return first === last || step === undefined ? range : `${range}/${step}`;
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
