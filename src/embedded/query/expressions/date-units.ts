import { refuse } from '../refuse.ts';
import { fromLocal, toLocal, utcTime, type ZoneOffset } from './time-zone.ts';

const FIXED_MS = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
} as const;

const MONTHS = { month: 1, quarter: 3, year: 12 } as const;

export type DateUnit = keyof typeof FIXED_MS | keyof typeof MONTHS;

const WEEKDAYS: Readonly<Record<string, number>> = {
  sun: 0,
  mon: 1,
  tue: 2,
  wed: 3,
  thu: 4,
  fri: 5,
  sat: 6,
};

function isFixed(unit: DateUnit): unit is keyof typeof FIXED_MS {
  return Object.hasOwn(FIXED_MS, unit);
}

/** The unit of a date expression. @throws StoreError 9 for an unknown one. */
export function parseUnit(given: unknown, operator: string): DateUnit {
  if (
    typeof given === 'string' &&
    (Object.hasOwn(FIXED_MS, given) || Object.hasOwn(MONTHS, given))
  ) {
    return given as DateUnit;
  }
  return refuse(
    `${operator} parameter 'unit' value cannot be recognized as a time unit: ${String(given)}`,
    'FailedToParse',
  );
}

/** The weekday a week begins on, Sunday is 0. @throws StoreError 9. */
export function parseStartOfWeek(given: unknown, operator: string): number {
  if (given === undefined || given === null) return 0;
  const day =
    typeof given === 'string' && /^(?:[a-z]{3}|[a-z]+day)$/i.test(given)
      ? WEEKDAYS[given.slice(0, 3).toLowerCase()]
      : undefined;
  return (
    day ??
    refuse(
      `${operator} parameter 'startOfWeek' value cannot be recognized as a day of a week: ${JSON.stringify(given)}`,
      'FailedToParse',
    )
  );
}

function monthIndex(local: Date): number {
  return local.getUTCFullYear() * 12 + local.getUTCMonth();
}

function monthStart(index: number): number {
  return utcTime({
    year: Math.floor(index / 12),
    month: (((index % 12) + 12) % 12) + 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    millisecond: 0,
  });
}

/** Moves a moment by whole units on a zone's calendar; a day the month lacks becomes its last. */
export function addUnits(
  timeMs: number,
  unit: DateUnit,
  amount: number,
  offset: ZoneOffset,
): number {
  if (isFixed(unit)) {
    const isClock = unit !== 'day' && unit !== 'week';
    if (isClock) return timeMs + amount * FIXED_MS[unit];
    return fromLocal(toLocal(timeMs, offset).getTime() + amount * FIXED_MS[unit], offset);
  }
  const local = toLocal(timeMs, offset);
  const target = monthIndex(local) + amount * MONTHS[unit];
  const first = monthStart(target);
  const lastDay = Math.round((monthStart(target + 1) - first) / FIXED_MS.day);
  const day = Math.min(local.getUTCDate(), lastDay);
  const clock = local.getTime() - Math.floor(local.getTime() / FIXED_MS.day) * FIXED_MS.day;
  return fromLocal(first + (day - 1) * FIXED_MS.day + clock, offset);
}

export interface UnitCalendar {
  readonly offset: ZoneOffset;
  readonly startOfWeek: number;
}

/** Milliseconds of local midnight that begins a local date's week. */
function weekStart(localMs: number, startOfWeek: number): number {
  const days = Math.floor(localMs / FIXED_MS.day);
  const weekday = (((days + 4) % 7) + 7) % 7;
  return (days - ((weekday - startOfWeek + 7) % 7)) * FIXED_MS.day;
}

/** How many borders of a unit lie between two moments. */
export function unitsBetween(
  startMs: number,
  endMs: number,
  unit: DateUnit,
  calendar: UnitCalendar,
): number {
  const start = toLocal(startMs, calendar.offset);
  const end = toLocal(endMs, calendar.offset);
  if (!isFixed(unit)) {
    const size = MONTHS[unit];
    return Math.floor(monthIndex(end) / size) - Math.floor(monthIndex(start) / size);
  }
  if (unit === 'week') {
    return Math.round(
      (weekStart(end.getTime(), calendar.startOfWeek) -
        weekStart(start.getTime(), calendar.startOfWeek)) /
        FIXED_MS.week,
    );
  }
  const size = FIXED_MS[unit];
  if (unit === 'day') return Math.floor(end.getTime() / size) - Math.floor(start.getTime() / size);
  return Math.floor(endMs / size) - Math.floor(startMs / size);
}

/** The start of the bin a moment falls in; bins of `binSize` units count from 2000-01-01 (or the week holding it). */
export function truncateToUnit(
  timeMs: number,
  unit: DateUnit,
  binSize: number,
  calendar: UnitCalendar,
): number {
  const local = toLocal(timeMs, calendar.offset).getTime();
  const reference = Date.UTC(2000, 0, 1);
  if (!isFixed(unit)) {
    const size = MONTHS[unit] * binSize;
    const months = monthIndex(new Date(local)) - 2000 * 12;
    return fromLocal(monthStart(2000 * 12 + Math.floor(months / size) * size), calendar.offset);
  }
  const size = FIXED_MS[unit] * binSize;
  const origin =
    unit === 'week' ? weekStart(reference + 6 * FIXED_MS.day, calendar.startOfWeek) : reference;
  const start = origin + Math.floor((local - origin) / size) * size;
  // Bins of hours and less keep the distance to the moment, also across a change of clocks.
  if (unit !== 'day' && unit !== 'week') return timeMs - (local - start);
  return fromLocal(start, calendar.offset);
}
