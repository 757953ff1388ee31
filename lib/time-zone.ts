const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** No zone changes its clock within a quarter of an hour. */
const QUARTER_MS = 15 * MINUTE_MS;

/** Changes of the clock repeat each year, and these years begin on every weekday. A result does not depend on today. */
const FIRST_MS = Date.UTC(2026, 0, 1);
const LAST_MS = Date.UTC(2041, 0, 1);

/** A zone's clock. Local times are given as if they were UTC, in milliseconds. */
export interface Clock {
  /** Whether the clock changes on a day or beside it. */
  changesNear(localMidnightMs: number): boolean;
  /** The instant of a local time: the first of two if the clock is set back, `undefined` if it is set forward. */
  instantMs(localMs: number): number | undefined;
}

const UTC: Clock = { changesNear: () => false, instantMs: (localMs) => localMs };

/** UTC unless a zone is named. */
export function clockOf(timeZone: string | undefined): Clock {
  return timeZone === undefined ? UTC : clockIn(timeZone);
}

function clockIn(timeZone: string): Clock {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const offsetsMs = new Map<number, number>();

  function offsetMs(instantMs: number): number {
    const clampedMs = Math.min(Math.max(instantMs, FIRST_MS), LAST_MS);
    const quarterMs = Math.floor(clampedMs / QUARTER_MS) * QUARTER_MS;
    const known = offsetsMs.get(quarterMs);
    if (known !== undefined) return known;
    const [, sign = '+', hours = '0', minutes = '0'] =
      /GMT([+-])(\d{2}):(\d{2})/.exec(format.format(quarterMs)) ?? [];
    const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
    offsetsMs.set(quarterMs, offset);
    return offset;
  }

  return {
    changesNear: (localMidnightMs) =>
      offsetMs(localMidnightMs - DAY_MS) !== offsetMs(localMidnightMs + 2 * DAY_MS),
    instantMs(localMs) {
      const offsets = [offsetMs(localMs - DAY_MS), offsetMs(localMs + DAY_MS)];
      const instants = offsets.map((offset) => localMs - offset);
      const real = instants.filter((instantMs) => instantMs + offsetMs(instantMs) === localMs);
      return real.length === 0 ? undefined : Math.min(...real);
    },
  };
}
