import { EARTH_RADIUS_METERS, planarDistance, radiansBetween, radiansToLine } from './distance.ts';
import {
  isGeoJson,
  linesCross,
  parseGeoJson,
  ringsOf,
  spherePoint,
  type Geometry,
  type SpherePoint,
  type SpherePolygon,
} from './geometry.ts';
import { isOnGlobe, numberOf, parsePosition, refuseShape, type Position } from './positions.ts';
import type { StoredShape } from './stored-shapes.ts';

/** The area of a `$geoWithin`. Planar areas see points only, as numbers on a plane. */
export type Region =
  | { readonly kind: 'polygon'; readonly corners: readonly Position[] }
  | { readonly kind: 'box'; readonly low: Position; readonly high: Position }
  | { readonly kind: 'circle'; readonly center: Position; readonly radius: number }
  | { readonly kind: 'cap'; readonly center: Position; readonly radians: number }
  | { readonly kind: 'geometry'; readonly geometry: Geometry };

function corners(given: unknown, what: string): readonly Position[] {
  if (Array.isArray(given)) return given.map(parsePosition);
  if (typeof given === 'object' && given !== null) return Object.values(given).map(parsePosition);
  return refuseShape(`${what} must be an array or object`);
}

function parseBox(given: unknown): Region {
  const [a, b, ...more] = corners(given, '$box');
  if (a === undefined || b === undefined || more.length > 0)
    return refuseShape('$box needs exactly two points');
  return {
    kind: 'box',
    low: [Math.min(a[0], b[0]), Math.min(a[1], b[1])],
    high: [Math.max(a[0], b[0]), Math.max(a[1], b[1])],
  };
}

function parsePolygon(given: unknown): Region {
  const list = corners(given, '$polygon');
  return list.length < 3
    ? refuseShape('Polygon must have at least 3 points')
    : { kind: 'polygon', corners: list };
}

function parseCircle(given: unknown, what: string): { center: Position; radius: number } {
  const list: readonly unknown[] = Array.isArray(given)
    ? given
    : typeof given === 'object' && given !== null
      ? Object.values(given)
      : [];
  if (list.length !== 2) return refuseShape(`${what} must be an array of a point and a radius`);
  const radius = numberOf(list[1]);
  if (radius === undefined || !(radius >= 0))
    return refuseShape('radius must be a non-negative number');
  return { center: parsePosition(list[0]), radius };
}

function parseCap(given: unknown): Region {
  const { center, radius } = parseCircle(given, '$centerSphere');
  if (!isOnGlobe(center))
    refuseShape(`Spherical point must be in degrees and on the globe: ${JSON.stringify(center)}`);
  return { kind: 'cap', center, radians: radius };
}

function parseArea(given: unknown): Region {
  const geometry = parseGeoJson(given);
  if (geometry.kind !== 'Polygon' && geometry.kind !== 'MultiPolygon') {
    refuseShape(`$geoWithin not supported with provided geometry: ${JSON.stringify(given)}`);
  }
  return { kind: 'geometry', geometry };
}

const READERS: Readonly<Record<string, (given: unknown) => Region>> = {
  $box: parseBox,
  $polygon: parsePolygon,
  $center: (given) => ({ kind: 'circle', ...parseCircle(given, '$center') }),
  $centerSphere: parseCap,
  $geometry: parseArea,
};

/** The area of a `$geoWithin` operand. @throws StoreError 2. */
export function parseRegion(operand: unknown): Region {
  const given = objectOf(operand, '$geoWithin');
  const [name, ...more] = Object.keys(given).filter((each) => each !== '$uniqueDocs');
  const read = name !== undefined && Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  if (name === undefined || read === undefined || more.length > 0) {
    return refuseShape(`unknown geo specifier: ${JSON.stringify(operand)}`);
  }
  return read(given[name]);
}

/** The shape of a `$geoIntersects` operand. @throws StoreError 2. */
export function parseIntersecting(operand: unknown): Geometry {
  const given = objectOf(operand, '$geoIntersects');
  const shape = given['$geometry'];
  if (Object.keys(given).length !== 1 || !isGeoJson(shape)) {
    return refuseShape(
      `$geoIntersects not supported with provided geometry: ${JSON.stringify(operand)}`,
    );
  }
  return parseGeoJson(shape);
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  return refuseShape(`${what} requires an object: ${JSON.stringify(value)}`);
}

/** Even-odd rule; points on an edge count as inside, as MongoDB has it. */
function isInPolygon([x, y]: Position, ring: readonly Position[]): boolean {
  let isInside = false;
  for (let index = 0; index < ring.length; index++) {
    const [ax, ay] = ring[index] ?? [0, 0];
    const [bx, by] = ring[(index + 1) % ring.length] ?? [0, 0];
    const side = (bx - ax) * (y - ay) - (by - ay) * (x - ax);
    const isBetween =
      Math.min(ax, bx) <= x &&
      x <= Math.max(ax, bx) &&
      Math.min(ay, by) <= y &&
      y <= Math.max(ay, by);
    if (side === 0 && isBetween) return true;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) isInside = !isInside;
  }
  return isInside;
}

/** Whether a document's location lies within a region, all of it. */
export function isWithin(shape: StoredShape, region: Region): boolean {
  const { position } = shape;
  switch (region.kind) {
    case 'polygon':
      return position !== undefined && isInPolygon(position, region.corners);
    case 'box':
      return (
        position !== undefined &&
        position[0] >= region.low[0] &&
        position[0] <= region.high[0] &&
        position[1] >= region.low[1] &&
        position[1] <= region.high[1]
      );
    case 'circle':
      return position !== undefined && planarDistance(position, region.center) <= region.radius;
    case 'cap':
      return isInCap(shape, region.center, region.radians);
    case 'geometry':
      return shape.geometry !== undefined && containsGeometry(region.geometry, shape.geometry);
  }
}

function isInCap({ position, geometry }: StoredShape, center: Position, radians: number): boolean {
  if (geometry === undefined) return false;
  if (position !== undefined) return radiansBetween(center, position) <= radians;
  const from = spherePoint(center);
  const corners = [
    ...geometry.points,
    ...geometry.lines.flat(),
    ...geometry.polygons.flatMap((polygon) => ringsOf(polygon).flat()),
  ];
  return corners.every((corner) => from.distance(corner) <= radians);
}

function isPointIn(point: SpherePoint, polygons: readonly SpherePolygon[]): boolean {
  return polygons.some((polygon) => polygon.containsPoint(point) || isOnCorner(point, polygon));
}

/** A point that is a corner belongs to the area: the sphere's own rule gives it to one neighbour only. */
function isOnCorner(point: SpherePoint, polygon: SpherePolygon): boolean {
  return polygon.loops.some((loop) => loop.vertices.some((corner) => corner.equals(point)));
}

function containsGeometry(area: Geometry, inner: Geometry): boolean {
  return (
    inner.points.every((point) => isPointIn(point, area.polygons)) &&
    inner.lines.every((line) => area.polygons.some((polygon) => containsLine(polygon, line))) &&
    inner.polygons.every((polygon) => area.polygons.some((outer) => outer.contains(polygon)))
  );
}

function containsLine(polygon: SpherePolygon, line: readonly SpherePoint[]): boolean {
  return (
    line.every((point) => isPointIn(point, [polygon])) &&
    !ringsOf(polygon).some((ring) => linesCross(ring, line))
  );
}

/** Whether two geometries share a point. */
export function intersects(a: Geometry, b: Geometry): boolean {
  return (
    a.points.some((point) => touches(point, b)) ||
    b.points.some((point) => touches(point, a)) ||
    a.lines.some((line) => b.lines.some((other) => linesCross(line, other))) ||
    a.lines.some((line) => b.polygons.some((polygon) => lineMeets(line, polygon))) ||
    b.lines.some((line) => a.polygons.some((polygon) => lineMeets(line, polygon))) ||
    a.polygons.some((polygon) => b.polygons.some((other) => polygon.intersects(other)))
  );
}

/** Closer than a tenth of a millimetre is on the line. */
const TOUCH_RADIANS = 1e-4 / EARTH_RADIUS_METERS;

function touches(point: SpherePoint, other: Geometry): boolean {
  return (
    other.points.some((each) => each.approxEqual(point)) ||
    other.lines.some((line) => radiansToLine(point, line) <= TOUCH_RADIANS) ||
    isPointIn(point, other.polygons)
  );
}

function lineMeets(line: readonly SpherePoint[], polygon: SpherePolygon): boolean {
  return (
    line.some((point) => isPointIn(point, [polygon])) ||
    ringsOf(polygon).some((ring) => linesCross(ring, line))
  );
}
