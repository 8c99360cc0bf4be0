import {
  EARTH_RADIUS_METERS,
  planarDistance,
  radiansBetween,
  radiansToGeometry,
} from './distance.ts';
import { isGeoJson, parseGeoJson, spherePoint } from './geometry.ts';
import {
  isOnGlobe,
  legacyPosition,
  numberOf,
  parseGlobePosition,
  refuseShape,
  type Position,
} from './positions.ts';
import { storedShapes, type StoredShape } from './stored-shapes.ts';

/**
 * A `$near` or `$nearSphere`. Distances are metres for GeoJSON points, radians for `$nearSphere` with a
 * legacy pair, and units of the plane for `$near` with a legacy pair.
 */
export interface Near {
  readonly center: Position;
  readonly unit: 'meters' | 'radians' | 'plane';
  readonly minDistance: number;
  readonly maxDistance: number;
}

function distanceOf(given: unknown, name: string, otherwise: number): number {
  if (given === undefined) return otherwise;
  const distance = numberOf(given);
  return distance !== undefined && distance >= 0
    ? distance
    : refuseShape(`${name} must be non-negative`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads `$near`/`$nearSphere`: `{$geometry, $maxDistance, $minDistance}`, or a legacy pair with the
 * distances beside it.
 *
 * @throws StoreError 2.
 */
export function parseNear(
  operator: '$near' | '$nearSphere',
  operators: Readonly<Record<string, unknown>>,
): Near {
  const operand = operators[operator];
  const isNested = isObject(operand) && '$geometry' in operand;
  const source = isNested ? operand : operators;
  const distances = {
    minDistance: distanceOf(source['$minDistance'], '$minDistance', 0),
    maxDistance: distanceOf(source['$maxDistance'], '$maxDistance', Infinity),
  };
  const shape = isNested ? operand['$geometry'] : operand;
  if (isGeoJson(shape)) {
    if (shape['type'] !== 'Point')
      refuseShape(`invalid point in geo near query $geometry argument: ${JSON.stringify(shape)}`);
    parseGeoJson(shape);
    return { center: parseGlobePosition(shape['coordinates']), unit: 'meters', ...distances };
  }
  const center = legacyPosition(shape);
  if (center === undefined)
    return refuseShape(`invalid point in geo near query: ${JSON.stringify(shape)}`);
  if (operator === '$near') return { center, unit: 'plane', ...distances };
  if (!isOnGlobe(center))
    refuseShape(`Longitude/latitude is out of bounds, lng: ${center[0]} lat: ${center[1]}`);
  return { center, unit: 'radians', ...distances };
}

function distanceToShape(near: Near, shape: StoredShape): number | undefined {
  if (near.unit === 'plane') {
    return shape.position === undefined ? undefined : planarDistance(near.center, shape.position);
  }
  if (shape.geometry === undefined) return undefined;
  const radians =
    shape.position === undefined
      ? radiansToGeometry(spherePoint(near.center), shape.geometry)
      : radiansBetween(near.center, shape.position);
  return near.unit === 'meters' ? radians * EARTH_RADIUS_METERS : radians;
}

/** The nearest location in a stored value within the bounds, with its distance in the query's unit. */
export function nearestOf(
  near: Near,
  value: unknown,
): { distance: number; value: unknown } | undefined {
  let best: { distance: number; value: unknown } | undefined;
  for (const shape of storedShapes(value)) {
    const distance = distanceToShape(near, shape);
    if (distance === undefined || distance < near.minDistance || distance > near.maxDistance)
      continue;
    if (best === undefined || distance < best.distance) best = { distance, value: shape.value };
  }
  return best;
}

/** The greatest angle from the centre that can match, in radians; Infinity when unbounded or planar. */
export function nearRadians(near: Near): number {
  if (near.unit === 'plane') return Infinity;
  return near.unit === 'meters' ? near.maxDistance / EARTH_RADIUS_METERS : near.maxDistance;
}
