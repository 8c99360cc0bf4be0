import {
  Bytes,
  FileReference,
  GeoPoint,
  Pointer,
  Polygon,
  type ParseRecord,
  type ParseValue,
} from './values.ts';

type Fields = Readonly<Record<string, unknown>>;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const ISO_DATE =
  /^[+-]?\d{4,6}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** The words of `__type` that stand for one value each. */
export const TYPED_NAMES = ['Pointer', 'Date', 'GeoPoint', 'Polygon', 'File', 'Bytes'] as const;

export type TypedName = (typeof TYPED_NAMES)[number];

/** True for standard base64 with its padding; the empty text counts. */
export function isBase64(text: string): boolean {
  return BASE64.test(text);
}

/** ISO 8601 text → the moment, cut to milliseconds; `undefined` when it is none. */
export function parseIsoDate(text: unknown): Date | undefined {
  if (text instanceof Date) return Number.isNaN(text.getTime()) ? undefined : text;
  if (typeof text !== 'string' || !ISO_DATE.test(text)) return undefined;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/**
 * `[[latitude, longitude], …]` → a closed ring, or `undefined` when it is not one: fewer than three distinct points, or
 * positions that are not on the globe.
 */
export function buildRing(coordinates: unknown): Polygon | undefined {
  if (!Array.isArray(coordinates)) return undefined;
  const points: GeoPoint[] = [];
  for (const pair of coordinates as readonly unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2) return undefined;
    const [latitude, longitude] = pair as readonly unknown[];
    if (!isDegrees(latitude, 90) || !isDegrees(longitude, 180)) return undefined;
    points.push(new GeoPoint(latitude, longitude));
  }
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return undefined;
  if (first.latitude !== last.latitude || first.longitude !== last.longitude) points.push(first);
  const distinct = new Set(points.map((point) => `${point.latitude} ${point.longitude}`));
  return distinct.size < 3 ? undefined : new Polygon(points);
}

function isDegrees(value: unknown, most: number): value is number {
  return typeof value === 'number' && Math.abs(value) <= most;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

const decoders: Readonly<Record<TypedName, (fields: Fields) => ParseValue | undefined>> = {
  Pointer: ({ className, objectId }) =>
    isText(className) && isText(objectId) ? new Pointer(className, objectId) : undefined,
  Date: ({ iso }) => parseIsoDate(iso),
  GeoPoint: ({ latitude, longitude }) =>
    Number.isFinite(latitude) && Number.isFinite(longitude)
      ? new GeoPoint(latitude as number, longitude as number)
      : undefined,
  Polygon: ({ coordinates }) => buildRing(coordinates),
  File: ({ name }) => (isText(name) ? new FileReference(name) : undefined),
  Bytes: ({ base64 }) =>
    typeof base64 === 'string' && isBase64(base64) ? new Bytes(base64) : undefined,
};

/** The word in `__type` when it is one that stands for a value, else `undefined`. */
export function typedNameOf(fields: Fields): TypedName | undefined {
  if (!Object.hasOwn(fields, '__type')) return undefined;
  const name = fields['__type'];
  return TYPED_NAMES.find((typed) => typed === name);
}

/** `{__type: 'GeoPoint', latitude: 1, longitude: 2}` → the value; `undefined` when it is malformed. */
export function decodeTyped(name: TypedName, fields: Fields): ParseValue | undefined {
  return decoders[name](fields);
}

/**
 * A value → its REST JSON: `Date` → `{__type: 'Date', iso}` and so on, at any depth.
 * @see https://docs.parseplatform.org/rest/guide/#data-types
 */
export function encodeJson(value: ParseValue): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Date) return { __type: 'Date', iso: value.toISOString() };
  if (value instanceof Pointer) {
    return { __type: 'Pointer', className: value.className, objectId: value.objectId };
  }
  if (value instanceof GeoPoint) {
    return { __type: 'GeoPoint', latitude: value.latitude, longitude: value.longitude };
  }
  if (value instanceof Polygon) {
    return { __type: 'Polygon', coordinates: value.points.map((p) => [p.latitude, p.longitude]) };
  }
  if (value instanceof FileReference) return { __type: 'File', name: value.name };
  if (value instanceof Bytes) return { __type: 'Bytes', base64: value.base64 };
  if (Array.isArray(value)) return value.map((part: ParseValue) => encodeJson(part));
  const entries = Object.entries(value as ParseRecord);
  return Object.fromEntries(entries.map(([key, part]) => [key, encodeJson(part)]));
}
