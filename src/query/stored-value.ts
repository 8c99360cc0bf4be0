import {
  Bytes,
  FileReference,
  GeoPoint,
  isParseRecord,
  Pointer,
  Polygon,
  type ParseValue,
} from '../parse/values.ts';

/**
 * A value as the database compares it: what a column stores, in plain words. At the top level of an object a Pointer is
 * `Class$id`, a GeoPoint `[longitude, latitude]` and so on; inside arrays and objects they are REST JSON.
 */
export type StoredValue =
  | null
  | string
  | number
  | boolean
  | Date
  | Buffer
  | readonly StoredValue[]
  | { readonly [key: string]: StoredValue };

/** The form a column of an object has. */
export function storedColumn(value: ParseValue): StoredValue {
  if (value instanceof Pointer) return `${value.className}$${value.objectId}`;
  if (value instanceof GeoPoint) return [value.longitude, value.latitude];
  if (value instanceof FileReference) return value.name;
  if (value instanceof Polygon) {
    const ring = value.points.map(({ longitude, latitude }) => [longitude, latitude]);
    return { type: 'Polygon', coordinates: [ring] };
  }
  return storedInside(value);
}

/** The form a value has inside an Array or Object column. */
export function storedInside(value: ParseValue): StoredValue {
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  if (value instanceof Bytes) return Buffer.from(value.base64, 'base64');
  if (value instanceof Pointer) {
    return { __type: 'Pointer', className: value.className, objectId: value.objectId };
  }
  if (value instanceof GeoPoint) {
    return { __type: 'GeoPoint', latitude: value.latitude, longitude: value.longitude };
  }
  if (value instanceof FileReference) return { __type: 'File', name: value.name };
  if (value instanceof Polygon) {
    const coordinates = value.points.map(({ latitude, longitude }) => [latitude, longitude]);
    return { __type: 'Polygon', coordinates };
  }
  if (isParseRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => [key, storedInside(part)]),
    );
  }
  return value.map(storedInside);
}

/** True for an object that is neither a list nor one of the scalars. */
export function isStoredRecord(
  value: StoredValue | undefined,
): value is { readonly [key: string]: StoredValue } {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !Buffer.isBuffer(value)
  );
}

/** MongoDB's order of types: values of different ranks are never equal, and ranges never reach from one to the other. */
function rankOf(value: StoredValue): number {
  if (value === null) return 1;
  if (typeof value === 'number') return 2;
  if (typeof value === 'string') return 3;
  if (isStoredRecord(value)) return 4;
  if (Array.isArray(value)) return 5;
  if (Buffer.isBuffer(value)) return 6;
  return typeof value === 'boolean' ? 8 : 9;
}

/** True when a range operator can relate the two at all. */
export function isSameType(a: StoredValue, b: StoredValue): boolean {
  return rankOf(a) === rankOf(b);
}

/**
 * MongoDB's order of two values: negative, 0 or positive. Records compare key by key in stored order, so that two with the same
 * keys in another order differ.
 * @see https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/
 */
export function compareStored(a: StoredValue, b: StoredValue): number {
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0) return rank;
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (Array.isArray(a) && Array.isArray(b)) return compareLists(a, b);
  if (Buffer.isBuffer(a) && Buffer.isBuffer(b)) {
    return a.length - b.length || Buffer.compare(a, b);
  }
  if (isStoredRecord(a) && isStoredRecord(b)) return compareRecords(a, b);
  return Number(a) - Number(b);
}

/** By code points, as UTF-8 bytes compare; JavaScript's own order differs beyond the first plane. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  const [own, other] = [a.charCodeAt(at), b.charCodeAt(at)];
  if (isSurrogate(own) || isSurrogate(other)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  // Not a number where the one is the beginning of the other.
  return own - other || a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

function compareLists(a: readonly StoredValue[], b: readonly StoredValue[]): number {
  for (const [index, own] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const order = compareStored(own, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

type StoredRecord = Readonly<Record<string, StoredValue>>;

function compareRecords(a: StoredRecord, b: StoredRecord): number {
  const others = Object.entries(b);
  const own = Object.entries(a);
  for (const [index, [key, value]] of own.entries()) {
    const other = others[index];
    if (other === undefined) return 1;
    const [otherKey, otherValue] = other;
    const order =
      rankOf(value) - rankOf(otherValue) ||
      compareText(key, otherKey) ||
      compareStored(value, otherValue);
    if (order !== 0) return order;
  }
  return own.length - others.length;
}
