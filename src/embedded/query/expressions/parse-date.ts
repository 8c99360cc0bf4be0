import { refuseAt } from '../refuse.ts';
import { fromLocal, isoYearStart, utcTime, zoneOffset } from './time-zone.ts';

const CONVERSION_FAILURE = 241;
const DAY_MS = 86_400_000;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const ISO =
  /^(\d{4})-?(\d\d)(?:-?(\d\d))?(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?|[A-Za-z]+\/[A-Za-z_/]+)?$/;

function unreadable(text: string): never {
  return refuseAt(
    CONVERSION_FAILURE,
    `Error parsing date string '${text}'; 0: Unexpected character`,
  );
}

/**
 * Reads a date's text in ISO 8601, or in a format of `$dateFromString`; a zone in the text wins over `zone`.
 *
 * @throws StoreError 241 when the text is no date.
 */
export function parseDate(text: string, zone: string, format?: string): Date {
  return format === undefined ? parseIso(text, zone) : parseFormatted(text, zone, format);
}

function parseIso(text: string, zone: string): Date {
  const match = ISO.exec(text.trim());
  if (match === null) return unreadable(text);
  const number = (index: number, otherwise: number): number => Number(match[index] ?? otherwise);
  const parts = {
    year: number(1, 1970),
    month: number(2, 1),
    day: number(3, 1),
    hour: number(4, 0),
    minute: number(5, 0),
    second: number(6, 0),
    millisecond: Math.floor(Number(`0.${match[7] ?? '0'}`) * 1000 + 1e-6),
  };
  const isValid =
    parts.month >= 1 &&
    parts.month <= 12 &&
    parts.day >= 1 &&
    parts.day <= 31 &&
    parts.hour <= 24 &&
    parts.minute < 60 &&
    parts.second <= 60;
  if (!isValid) return unreadable(text);
  return new Date(fromLocal(utcTime(parts), zoneOffset(match[8] ?? zone)));
}

type Parts = Partial<
  Record<'Y' | 'm' | 'd' | 'H' | 'M' | 'S' | 'L' | 'j' | 'G' | 'V' | 'u', number>
>;

const NUMBERS: Readonly<Record<string, RegExp>> = {
  Y: /^\d{4}/,
  m: /^\d{1,2}/,
  d: /^\d{1,2}/,
  H: /^\d{1,2}/,
  M: /^\d{1,2}/,
  S: /^\d{1,2}/,
  L: /^\d{1,3}/,
  j: /^\d{1,3}/,
  G: /^\d{4}/,
  V: /^\d{1,2}/,
  u: /^[1-7]/,
};

interface Reading {
  rest: string;
  zone: string;
  readonly parts: Parts;
}

function readSpecifier(specifier: string, reading: Reading): boolean {
  const take = (pattern: RegExp): string | undefined => {
    const found = pattern.exec(reading.rest)?.[0];
    if (found !== undefined) reading.rest = reading.rest.slice(found.length);
    return found;
  };
  if (specifier === '%') return take(/^%/) !== undefined;
  if (specifier === 'z' || specifier === 'Z') {
    const zone = take(specifier === 'z' ? /^(?:Z|[+-]\d\d:?\d\d)/ : /^[+-]\d{1,4}/);
    if (zone === undefined) return false;
    reading.zone = specifier === 'z' ? zone : minutesZone(zone);
    return true;
  }
  if (specifier === 'b' || specifier === 'B') {
    const name = take(/^[A-Za-z]+/)
      ?.slice(0, 3)
      .toLowerCase();
    const month = name === undefined ? -1 : MONTHS.indexOf(name);
    reading.parts.m = month + 1;
    return month >= 0;
  }
  const pattern = NUMBERS[specifier];
  if (pattern === undefined)
    return refuseAt(18536, `Invalid format character '%${specifier}' in format string`);
  const digits = take(pattern);
  reading.parts[specifier as keyof Parts] = Number(digits);
  return digits !== undefined;
}

function minutesZone(text: string): string {
  const minutes = Math.abs(Number(text));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${text.startsWith('-') ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function parseFormatted(text: string, zone: string, format: string): Date {
  const reading: Reading = { rest: text, zone, parts: {} };
  for (let index = 0; index < format.length; index++) {
    const char = format[index] ?? '';
    if (char === '%') {
      index += 1;
      if (!readSpecifier(format[index] ?? '', reading)) return unreadable(text);
    } else if (reading.rest.startsWith(char)) {
      reading.rest = reading.rest.slice(1);
    } else {
      return unreadable(text);
    }
  }
  if (reading.rest !== '') return unreadable(text);
  return new Date(fromLocal(localTime(reading.parts), zoneOffset(reading.zone)));
}

function localTime(parts: Parts): number {
  const clock =
    (((parts.H ?? 0) * 60 + (parts.M ?? 0)) * 60 + (parts.S ?? 0)) * 1000 + (parts.L ?? 0);
  if (parts.G !== undefined) {
    return isoYearStart(parts.G) + (((parts.V ?? 1) - 1) * 7 + (parts.u ?? 1) - 1) * DAY_MS + clock;
  }
  const isByDay = parts.j !== undefined;
  const day = utcTime({
    year: parts.Y ?? 1970,
    month: isByDay ? 1 : (parts.m ?? 1),
    day: parts.j ?? parts.d ?? 1,
    hour: 0,
    minute: 0,
    second: 0,
    millisecond: 0,
  });
  return day + clock;
}
