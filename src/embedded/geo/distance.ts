import { s2 } from 's2js';
import { ringsOf, type Geometry, type SpherePoint } from './geometry.ts';
import type { Position } from './positions.ts';

/** MongoDB's radius of the Earth. @see https://www.mongodb.com/docs/manual/tutorial/calculate-distances-using-spherical-geometry-with-2d-geospatial-indexes/ */
export const EARTH_RADIUS_METERS = 6_378_100;

const DEGREE = Math.PI / 180;

/** The angle between two positions as seen from the Earth's centre, in radians. */
export function radiansBetween(a: Position, b: Position): number {
  const latA = a[1] * DEGREE;
  const latB = b[1] * DEGREE;
  const sinLat = Math.sin((latB - latA) / 2);
  const sinLng = Math.sin(((b[0] - a[0]) * DEGREE) / 2);
  const half = sinLat * sinLat + Math.cos(latA) * Math.cos(latB) * sinLng * sinLng;
  return 2 * Math.asin(Math.min(1, Math.sqrt(half)));
}

/** The shortest angle from a point to any part of a geometry, in radians; zero inside an area. */
export function radiansToGeometry(from: SpherePoint, geometry: Geometry): number {
  let least = Infinity;
  for (const point of geometry.points) least = Math.min(least, from.distance(point));
  for (const line of geometry.lines) least = Math.min(least, radiansToLine(from, line));
  for (const polygon of geometry.polygons) {
    if (polygon.containsPoint(from)) return 0;
    for (const ring of ringsOf(polygon)) least = Math.min(least, radiansToLine(from, ring));
  }
  return least;
}

/** The shortest angle from a point to a line, in radians. */
export function radiansToLine(from: SpherePoint, line: readonly SpherePoint[]): number {
  const [nearest] = new s2.Polyline([...line]).project(from);
  return from.distance(nearest);
}

/** Distance on a plane. */
export function planarDistance(a: Position, b: Position): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
