import { isGeoJson, parseGeoJson, pointGeometry, type Geometry } from './geometry.ts';
import { isOnGlobe, legacyPosition, type Position } from './positions.ts';

/** One location a document holds: a geometry on the globe where it is one, a position on the plane where it is a point. */
export interface StoredShape {
  readonly position?: Position;
  readonly geometry?: Geometry;
  /** The value as stored, for `$geoNear`'s `includeLocs`. */
  readonly value: unknown;
}

const remembered = new WeakMap<object, readonly StoredShape[]>();

/**
 * The locations in a stored value: GeoJSON, a legacy pair, or an array of either. What is no location
 * gives nothing.
 */
export function storedShapes(value: unknown): readonly StoredShape[] {
  if (typeof value !== 'object' || value === null) return [];
  const known = remembered.get(value);
  if (known !== undefined) return known;
  const shapes = readShapes(value);
  remembered.set(value, shapes);
  return shapes;
}

function readShapes(value: unknown): readonly StoredShape[] {
  const only = readShape(value);
  if (only !== undefined) return [only];
  if (!Array.isArray(value)) return [];
  return value.flatMap((element: unknown) => readShape(element) ?? []);
}

function readShape(value: unknown): StoredShape | undefined {
  if (isGeoJson(value)) {
    let geometry: Geometry;
    try {
      geometry = parseGeoJson(value);
    } catch {
      // A stored document may hold anything; what is no shape lies nowhere.
      return undefined;
    }
    const position = geometry.kind === 'Point' ? legacyPosition(value['coordinates']) : undefined;
    return position === undefined ? { geometry, value } : { geometry, position, value };
  }
  const position = legacyPosition(value);
  if (position === undefined) return undefined;
  return isOnGlobe(position)
    ? { position, geometry: pointGeometry(position), value }
    : { position, value };
}
