import { isNumeric, isPlainObject, toInteger, toNumber } from '../query/bson-values.ts';
import { addUnits, parseUnit, type DateUnit } from '../query/expressions/date-units.ts';
import { refuse, refuseAt } from '../query/refuse.ts';

type Bound = 'unbounded' | 'current' | number;

/** Which rows around a row its window holds. */
export type WindowBounds =
  | { readonly kind: 'documents'; readonly low: Bound; readonly high: Bound }
  | {
      readonly kind: 'range';
      readonly low: Bound;
      readonly high: Bound;
      readonly unit: DateUnit | undefined;
    };

function parseBound(given: unknown, isWhole: boolean): Bound {
  if (given === 'unbounded' || given === 'current') return given;
  const number = isWhole ? toInteger(given) : isNumeric(given) ? toNumber(given) : undefined;
  return (
    number ??
    refuse(
      `'window' bounds must be 'unbounded', 'current', or a number: ${JSON.stringify(given)}`,
      'FailedToParse',
    )
  );
}

/** The `window` of an output field. Without one it is the whole partition. @throws StoreError 9. */
export function parseWindow(given: unknown): WindowBounds {
  if (given === undefined) return { kind: 'documents', low: 'unbounded', high: 'unbounded' };
  if (!isPlainObject(given)) return refuse("'window' field must be an object", 'FailedToParse');
  const { documents, range, unit, ...others } = given;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    refuse(`'window' field contains an unknown argument: ${unknown}`, 'FailedToParse');
  if (documents !== undefined && (range !== undefined || unit !== undefined)) {
    refuse("'window' field can only specify one of 'documents' or 'range'", 'FailedToParse');
  }
  const bounds: unknown = documents ?? range ?? ['unbounded', 'unbounded'];
  if (!Array.isArray(bounds) || bounds.length !== 2)
    return refuse('Window bounds must be a 2-element array', 'FailedToParse');
  const isDocuments = range === undefined;
  const low = parseBound(bounds[0], isDocuments);
  const high = parseBound(bounds[1], isDocuments);
  if (offset(low, -Infinity) > offset(high, Infinity)) {
    refuseAt(5339900, 'Lower bound must not exceed upper bound');
  }
  if (isDocuments) return { kind: 'documents', low, high };
  return {
    kind: 'range',
    low,
    high,
    unit: unit === undefined ? undefined : parseUnit(unit, '$setWindowFields'),
  };
}

function offset(bound: Bound, unbounded: number): number {
  return bound === 'unbounded' ? unbounded : bound === 'current' ? 0 : bound;
}

/** The rows of a window: from `start` up to but not including `end`. */
export interface WindowRows {
  readonly start: number;
  readonly end: number;
}

/**
 * The rows each row's window holds, over a sorted partition.
 *
 * @param keys the values the partition is sorted by, ascending; for windows by range.
 * @throws StoreError 5429414 for a range over something else than numbers or dates.
 */
export function windowRows(
  bounds: WindowBounds,
  index: number,
  keys: readonly unknown[],
): WindowRows {
  const count = keys.length;
  if (bounds.kind === 'documents') {
    return {
      start: Math.min(count, Math.max(0, index + offset(bounds.low, -Infinity))),
      end: Math.max(0, Math.min(count, index + offset(bounds.high, Infinity) + 1)),
    };
  }
  const key = rangeKey(keys[index], bounds.unit);
  const low = shifted(key, bounds.low, -Infinity, bounds.unit);
  const high = shifted(key, bounds.high, Infinity, bounds.unit);
  let start = 0;
  while (start < count && rangeKey(keys[start], bounds.unit) < low) start += 1;
  let end = start;
  while (end < count && rangeKey(keys[end], bounds.unit) <= high) end += 1;
  return { start, end };
}

function rangeKey(value: unknown, unit: DateUnit | undefined): number {
  if (unit !== undefined) {
    return value instanceof Date
      ? value.getTime()
      : refuseAt(5429513, 'Invalid range: Expected the sortBy field to be a Date');
  }
  return isNumeric(value)
    ? toNumber(value)
    : refuseAt(5429414, 'Invalid range: Expected the sortBy field to be a number');
}

function shifted(key: number, bound: Bound, unbounded: number, unit: DateUnit | undefined): number {
  if (bound === 'unbounded') return unbounded;
  const amount = bound === 'current' ? 0 : bound;
  return unit === undefined ? key + amount : addUnits(key, unit, amount, () => 0);
}

/** Whether a document has a window of its own under these bounds. */
export function isCumulative(bounds: WindowBounds): boolean {
  return bounds.kind === 'documents' && bounds.low === 'unbounded' && bounds.high === 'current';
}
