import { geoArea, geoContains, geoDistance, type GeoPermissibleObjects } from 'd3-geo';
import type { GeoPoint, Polygon } from '../parse/values.ts';

type Position = [number, number];

function position({ latitude, longitude }: GeoPoint): Position {
  return [longitude, latitude];
}

/** As Parse has them: a distance asked for is the one that filters compare with. */
export const KILOMETERS_PER_RADIAN = 6371;
export const MILES_PER_RADIAN = 3959;

/** The angle between two points on the sphere, in radians. */
export function angleBetween(a: GeoPoint, b: GeoPoint): number {
  return geoDistance(position(a), position(b));
}

/** Latitudes and longitudes taken as a plane, borders included. */
export function isInBox(
  point: GeoPoint,
  box: { readonly southWest: GeoPoint; readonly northEast: GeoPoint },
): boolean {
  const { southWest, northEast } = box;
  return (
    isBetween(point.latitude, southWest.latitude, northEast.latitude) &&
    isBetween(point.longitude, southWest.longitude, northEast.longitude)
  );
}

function isBetween(value: number, one: number, other: number): boolean {
  return value >= Math.min(one, other) && value <= Math.max(one, other);
}

/** Latitudes and longitudes taken as a plane: an odd number of edges lies to one side of the point. */
export function isInPlanarPolygon(point: GeoPoint, ring: readonly GeoPoint[]): boolean {
  let isInside = false;
  let previous = ring.at(-1);
  for (const corner of ring) {
    if (previous !== undefined && crosses(point, previous, corner)) isInside = !isInside;
    previous = corner;
  }
  return isInside;
}

function crosses(point: GeoPoint, from: GeoPoint, to: GeoPoint): boolean {
  if (from.latitude > point.latitude === to.latitude > point.latitude) return false;
  const part = (point.latitude - from.latitude) / (to.latitude - from.latitude);
  return point.longitude < from.longitude + part * (to.longitude - from.longitude);
}

/** The edges are arcs on the sphere; of the two sides, the smaller is the inside. */
export function isInSphericalPolygon(point: GeoPoint, { points }: Polygon): boolean {
  const ring = points.map(position);
  const shape: GeoPermissibleObjects = { type: 'Polygon', coordinates: [ring] };
  const isTurned = geoArea(shape) > 2 * Math.PI;
  const oriented: GeoPermissibleObjects = isTurned
    ? { type: 'Polygon', coordinates: [ring.toReversed()] }
    : shape;
  return geoContains(oriented, position(point));
}
