import { GatewayError } from '../../parse/errors.ts';
import type { FieldType } from '../../parse/field-type.ts';
import type { Comparison } from '../../query/constraint.ts';

/** Seconds of each unit, by all of its names. */
const UNITS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    'yr yrs year years': 31_536_000,
    'wk wks week weeks': 604_800,
    'd day days': 86_400,
    'hr hrs hour hours': 3_600,
    'min mins minute minutes': 60,
    'sec secs second seconds': 1,
  }).flatMap(([names, seconds]) => names.split(' ').map((name) => [name, seconds] as const)),
);

/** The last moment a `Date` can tell, in milliseconds. */
const LAST_MOMENT = 8.64e15;

/**
 * `{$relativeTime: "in 2 days"}`, and `now` or `1 week 3 hours ago` → that moment, counted from `now`; `undefined` for other values. A year
 * has 365 days.
 * @throws GatewayError 107 for another text, off date columns, and for comparisons that ask for the very moment.
 * @see https://docs.parseplatform.org/rest/guide/#query-constraints
 */
export function relativeMoment(
  value: unknown,
  type: FieldType | undefined,
  comparison: Comparison,
  now: Date = new Date(),
): Date | undefined {
  if (typeof value !== 'object' || value === null || !('$relativeTime' in value)) return undefined;
  if (type !== undefined && type.kind !== 'Date') throw refuse('goes with dates only');
  if (comparison === 'equal' || comparison === 'notEqual') {
    throw refuse('goes with less and greater only');
  }
  const text = value.$relativeTime;
  if (typeof text !== 'string') throw refuse('must be a text');
  return momentOf(text.toLowerCase().split(' ').filter(Boolean), now);
}

function momentOf(words: readonly string[], now: Date): Date {
  if (words.join(' ') === 'now') return now;
  const isFuture = words[0] === 'in';
  const isPast = words.at(-1) === 'ago';
  if (isFuture === isPast) throw refuse('is "now", begins with "in" or ends with "ago"');
  const amount = secondsIn(isFuture ? words.slice(1) : words.slice(0, -1)) * 1_000;
  const moment = now.getTime() + (isFuture ? amount : -amount);
  if (Math.abs(moment) > LAST_MOMENT) throw refuse('is too far away');
  return new Date(moment);
}

/** `1`, `week`, `3`, `hours` → their sum. */
function secondsIn(words: readonly string[]): number {
  if (words.length % 2 !== 0) throw refuse('is made of numbers with their units');
  let seconds = 0;
  for (let at = 0; at < words.length; at += 2) {
    const count = Number(words[at]);
    const unit = UNITS.get(words[at + 1] ?? '');
    if (!Number.isSafeInteger(count)) throw refuse('counts in whole numbers');
    if (unit === undefined) throw refuse('counts in years, weeks, days, hours, minutes, seconds');
    seconds += count * unit;
  }
  return seconds;
}

function refuse(why: string): GatewayError {
  return new GatewayError('InvalidJson', `$relativeTime ${why}`);
}
