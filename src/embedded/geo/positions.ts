import { StoreError } from '../errors.ts';

/** Longitude and latitude in degrees, or plain x and y in planar queries. */
export type Position = readonly [lng: number, lat: number];

/** Refuses a malformed shape. @throws StoreError 2. */
export function refuseShape(message: string): never {
  throw new StoreError('BadValue', message);
}

/** Any numeric BSON value as a JavaScript number; undefined for anything else. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const tag: unknown = Reflect.get(value, '_bsontype');
  if (tag !== 'Int32' && tag !== 'Double' && tag !== 'Long' && tag !== 'Decimal128')
    return undefined;
  return Number((value as { toString(): string }).toString());
}

/** Two numbers of a list. */
function pairOf(first: unknown, second: unknown): Position | undefined {
  const lng = numberOf(first);
  const lat = numberOf(second);
  if (lng === undefined || lat === undefined) return undefined;
  return Number.isFinite(lng) && Number.isFinite(lat) ? [lng, lat] : undefined;
}

/** A legacy coordinate pair: `[lng, lat]`, or an object whose first two fields are numbers; undefined for anything else. */
export function legacyPosition(value: unknown): Position | undefined {
  if (Array.isArray(value)) return pairOf(value[0], value[1]);
  if (typeof value !== 'object' || value === null || value instanceof Date) return undefined;
  if (typeof Reflect.get(value, '_bsontype') === 'string') return undefined;
  const [first, second] = Object.values(value) as readonly unknown[];
  return pairOf(first, second);
}

/** Whether a position lies on the globe. */
export function isOnGlobe([lng, lat]: Position): boolean {
  return lng >= -180 && lng <= 180 && lat >= -90 && lat <= 90;
}

/** A legacy pair of a query. @throws StoreError 2 when it is none. */
export function parsePosition(value: unknown): Position {
  return (
    legacyPosition(value) ??
    refuseShape(`Point must be an array or object: ${JSON.stringify(value)}`)
  );
}

/** A position of GeoJSON, on the globe. @throws StoreError 2. */
export function parseGlobePosition(value: unknown): Position {
  if (!Array.isArray(value)) return refuseShape('GeoJSON coordinates must be an array');
  const position = pairOf(value[0], value[1]);
  if (position === undefined || value.length < 2) {
    return refuseShape('Point must only contain numeric elements');
  }
  if (!isOnGlobe(position)) {
    refuseShape(`Longitude/latitude is out of bounds, lng: ${position[0]} lat: ${position[1]}`);
  }
  return position;
}
