import { refuseAt } from '../refuse.ts';

/** Minutes a zone is ahead of UTC, as milliseconds, at a moment. */
export type ZoneOffset = (timeMs: number) => number;

const zones = new Map<string, ZoneOffset>();

/**
 * A time zone by Olson name (`Europe/Paris`) or offset (`+05:30`, `+0530`, `+05`).
 *
 * @throws StoreError 40485 for an unknown zone.
 */
export function zoneOffset(zone: string): ZoneOffset {
  const known = zones.get(zone);
  if (known !== undefined) return known;
  const offset = fixedOffset(zone) ?? namedOffset(zone);
  zones.set(zone, offset);
  return offset;
}

function fixedOffset(zone: string): ZoneOffset | undefined {
  if (zone === 'UTC' || zone === 'GMT' || zone === 'Z') return () => 0;
  const match = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  if (match === null) return undefined;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  const offsetMs = (match[1] === '-' ? -minutes : minutes) * 60_000;
  return () => offsetMs;
}

function namedOffset(zone: string): ZoneOffset {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      era: 'short',
    });
  } catch {
    return refuseAt(40485, `unrecognized time zone identifier: "${zone}"`);
  }
  return (timeMs) => {
    const parts = new Map(format.formatToParts(timeMs).map(({ type, value }) => [type, value]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
    const year = parts.get('era') === 'BC' ? 1 - part('year') : part('year');
    const local = utcTime({
      year,
      month: part('month'),
      day: part('day'),
      hour: part('hour'),
      minute: part('minute'),
      second: part('second'),
      millisecond: 0,
    });
    return local - Math.floor(timeMs / 1000) * 1000;
  };
}

/** Calendar parts; values outside their usual range carry over. */
export interface DateParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/** Milliseconds since 1970 of parts read as UTC. Years below 100 are meant as they stand. */
export function utcTime(parts: DateParts): number {
  const date = new Date(0);
  date.setUTCFullYear(parts.year, parts.month - 1, parts.day);
  date.setUTCHours(parts.hour, parts.minute, parts.second, parts.millisecond);
  return date.getTime();
}

/** Milliseconds since 1970 of parts read in a zone. */
export function zonedTime(parts: DateParts, offset: ZoneOffset): number {
  return fromLocal(utcTime(parts), offset);
}

/** The moment at which a zone's clock shows a time given as if it were UTC. */
export function fromLocal(localMs: number, offset: ZoneOffset): number {
  const guess = localMs - offset(localMs);
  return localMs - offset(guess);
}

/** A date whose UTC parts are what a zone's clock shows at a moment. */
export function toLocal(timeMs: number, offset: ZoneOffset): Date {
  return new Date(timeMs + offset(timeMs));
}

const DAY_MS = 86_400_000;

/** Day of the year, from 1. */
export function dayOfYear(local: Date): number {
  const start = utcTime({
    year: local.getUTCFullYear(),
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    millisecond: 0,
  });
  return Math.floor((local.getTime() - start) / DAY_MS) + 1;
}

/** Week of the year from 0, weeks beginning on Sunday. */
export function weekOfYear(local: Date): number {
  return Math.floor((dayOfYear(local) - 1 + 7 - local.getUTCDay()) / 7);
}

/** ISO 8601 week and the year it belongs to; Monday is day 1. */
export function isoWeek(local: Date): { week: number; year: number; day: number } {
  const day = local.getUTCDay() || 7;
  const thursday = new Date(local.getTime() + (4 - day) * DAY_MS);
  return {
    week: Math.floor((dayOfYear(thursday) - 1) / 7) + 1,
    year: thursday.getUTCFullYear(),
    day,
  };
}

/** Milliseconds since 1970 of the Monday that begins an ISO year's first week. */
export function isoYearStart(year: number): number {
  const fourth = utcTime({ year, month: 1, day: 4, hour: 0, minute: 0, second: 0, millisecond: 0 });
  const day = new Date(fourth).getUTCDay() || 7;
  return fourth - (day - 1) * DAY_MS;
}
