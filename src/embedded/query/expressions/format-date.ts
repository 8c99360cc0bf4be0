import { refuseAt } from '../refuse.ts';
import { dayOfYear, isoWeek, toLocal, weekOfYear, type ZoneOffset } from './time-zone.ts';

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

function padded(value: number, length: number): string {
  return String(value).padStart(length, '0');
}

type Specifier = (local: Date, offsetMinutes: number) => string;

const SPECIFIERS: Readonly<Record<string, Specifier>> = {
  '%': () => '%',
  Y: (local) => padded(local.getUTCFullYear(), 4),
  m: (local) => padded(local.getUTCMonth() + 1, 2),
  d: (local) => padded(local.getUTCDate(), 2),
  H: (local) => padded(local.getUTCHours(), 2),
  M: (local) => padded(local.getUTCMinutes(), 2),
  S: (local) => padded(local.getUTCSeconds(), 2),
  L: (local) => padded(local.getUTCMilliseconds(), 3),
  j: (local) => padded(dayOfYear(local), 3),
  w: (local) => String(local.getUTCDay() + 1),
  U: (local) => padded(weekOfYear(local), 2),
  u: (local) => String(isoWeek(local).day),
  V: (local) => padded(isoWeek(local).week, 2),
  G: (local) => padded(isoWeek(local).year, 4),
  b: (local) => (MONTHS[local.getUTCMonth()] ?? '').slice(0, 3),
  B: (local) => MONTHS[local.getUTCMonth()] ?? '',
  z: (_local, minutes) =>
    `${minutes < 0 ? '-' : '+'}${padded(Math.floor(Math.abs(minutes) / 60), 2)}${padded(Math.abs(minutes) % 60, 2)}`,
  Z: (_local, minutes) => `${minutes < 0 ? '-' : '+'}${padded(Math.abs(minutes), 3)}`,
};

/**
 * Writes a moment in a zone by `$dateToString`'s format.
 *
 * @throws StoreError 18535 or 18536 for a format it cannot read.
 * @see https://www.mongodb.com/docs/manual/reference/operator/aggregation/dateToString/
 */
export function formatDate(timeMs: number, offset: ZoneOffset, format: string): string {
  const local = toLocal(timeMs, offset);
  const minutes = Math.round((local.getTime() - timeMs) / 60_000);
  return format.replace(/%(.?)/gs, (_all, specifier: string) => {
    if (specifier === '') return refuseAt(18535, "Unmatched '%' at end of format string");
    const write = Object.hasOwn(SPECIFIERS, specifier) ? SPECIFIERS[specifier] : undefined;
    return write === undefined
      ? refuseAt(18536, `Invalid format character '%${specifier}' in format string`)
      : write(local, minutes);
  });
}
