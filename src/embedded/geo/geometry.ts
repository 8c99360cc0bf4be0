import { s2 } from 's2js';
import { parseGlobePosition, refuseShape, type Position } from './positions.ts';

type SpherePoint = InstanceType<typeof s2.Point>;
type SpherePolygon = InstanceType<typeof s2.Polygon>;
type SphereLoop = InstanceType<typeof s2.Loop>;

/** A shape on the globe, as the points, lines and areas it consists of. Edges are great circles. */
export interface Geometry {
  readonly kind: string;
  readonly points: readonly SpherePoint[];
  readonly lines: readonly (readonly SpherePoint[])[];
  readonly polygons: readonly SpherePolygon[];
}

/** A position as a point of the unit sphere. */
export function spherePoint([lng, lat]: Position): SpherePoint {
  return s2.Point.fromLatLng(s2.LatLng.fromDegrees(lat, lng));
}

function listOf(value: unknown, what: string): readonly unknown[] {
  return Array.isArray(value) ? value : refuseShape(`${what} coordinates must be an array`);
}

function withoutRepeats(positions: readonly Position[]): Position[] {
  return positions.filter((position, index) => {
    const before = positions[index - 1];
    return before === undefined || before[0] !== position[0] || before[1] !== position[1];
  });
}

function parseLine(value: unknown): readonly SpherePoint[] {
  const positions = withoutRepeats(listOf(value, 'LineString').map(parseGlobePosition));
  if (positions.length < 2) {
    refuseShape(`GeoJSON LineString must have at least 2 vertices: ${JSON.stringify(value)}`);
  }
  return positions.map(spherePoint);
}

function parseLoop(value: unknown): SphereLoop {
  const positions = listOf(value, 'Polygon').map(parseGlobePosition);
  const first = positions[0];
  const last = positions.at(-1);
  if (first === undefined || last === undefined) return refuseShape('Polygon has no vertices.');
  if (first[0] !== last[0] || first[1] !== last[1]) {
    refuseShape(`Loop is not closed: ${JSON.stringify(value)}`);
  }
  const corners = withoutRepeats(positions).slice(0, -1);
  if (corners.length < 3) {
    refuseShape(`Loop must have at least 3 different vertices: ${JSON.stringify(value)}`);
  }
  const points = corners.map(spherePoint);
  assertSimple(points, value);
  const loop = new s2.Loop(points);
  // MongoDB takes the smaller of the two areas a ring bounds, whichever way it winds.
  loop.normalize();
  return loop;
}

/** Refuses a ring that touches or crosses itself. */
function assertSimple(points: readonly SpherePoint[], value: unknown): void {
  const seen = new Map<string, number>();
  for (const [index, point] of points.entries()) {
    const key = `${point.x},${point.y},${point.z}`;
    const twin = seen.get(key);
    if (twin !== undefined) {
      refuseShape(
        `Loop is not valid: ${JSON.stringify(value)} Duplicate vertices: ${twin} and ${index}`,
      );
    }
    seen.set(key, index);
  }
  const crossing = findCrossing(points);
  if (crossing !== undefined) {
    refuseShape(
      `Loop is not valid: ${JSON.stringify(value)} Edges ${crossing[0]} and ${crossing[1]} cross.`,
    );
  }
}

/** Above this many corners a ring's self-crossings are not looked for: the search is quadratic. */
const MAX_CHECKED_CORNERS = 400;

function findCrossing(points: readonly SpherePoint[]): readonly [number, number] | undefined {
  const count = points.length;
  if (count > MAX_CHECKED_CORNERS) return undefined;
  for (let first = 0; first < count; first++) {
    for (let second = first + 2; second < count; second++) {
      if ((second + 1) % count === first) continue;
      if (edgesCross(points, first, points, second)) return [first, second];
    }
  }
  return undefined;
}

function edgesCross(
  a: readonly SpherePoint[],
  first: number,
  b: readonly SpherePoint[],
  second: number,
): boolean {
  const [a0, a1] = [a[first], a[(first + 1) % a.length]];
  const [b0, b1] = [b[second], b[(second + 1) % b.length]];
  if (a0 === undefined || a1 === undefined || b0 === undefined || b1 === undefined) return false;
  return new s2.Polyline([a0, a1]).intersects(new s2.Polyline([b0, b1]));
}

function parsePolygon(value: unknown): SpherePolygon {
  const loops = listOf(value, 'Polygon').map(parseLoop);
  const [outer, ...holes] = loops;
  if (outer === undefined) return refuseShape('Polygon has no loops.');
  for (const hole of holes) {
    // A hole may touch the outer ring, but no corner of it may lie outside.
    const isInside = hole.vertices.every(
      (corner) => outer.containsPoint(corner) || isCorner(outer, corner),
    );
    if (!isInside) {
      refuseShape(
        `Secondary loops not contained by first exterior loop - secondary loops must be holes: ${JSON.stringify(value)}`,
      );
    }
  }
  return new s2.Polygon(loops);
}

function isCorner(loop: SphereLoop, point: SpherePoint): boolean {
  return loop.vertices.some((corner) => corner.approxEqual(point));
}

const NOTHING = { points: [], lines: [], polygons: [] } as const;

type GeoJsonReader = (coordinates: unknown) => Omit<Geometry, 'kind'>;

const READERS: Readonly<Record<string, GeoJsonReader>> = {
  Point: (given) => ({ ...NOTHING, points: [spherePoint(parseGlobePosition(given))] }),
  MultiPoint: (given) => ({
    ...NOTHING,
    points: nonEmpty(given, 'MultiPoint').map((each) => spherePoint(parseGlobePosition(each))),
  }),
  LineString: (given) => ({ ...NOTHING, lines: [parseLine(given)] }),
  MultiLineString: (given) => ({
    ...NOTHING,
    lines: nonEmpty(given, 'MultiLineString').map(parseLine),
  }),
  Polygon: (given) => ({ ...NOTHING, polygons: [parsePolygon(given)] }),
  MultiPolygon: (given) => ({
    ...NOTHING,
    polygons: nonEmpty(given, 'MultiPolygon').map(parsePolygon),
  }),
};

function nonEmpty(value: unknown, what: string): readonly unknown[] {
  const list = listOf(value, what);
  return list.length > 0 ? list : refuseShape(`${what} coordinates must have at least 1 element`);
}

const KNOWN_SYSTEMS = ['urn:ogc:def:crs:OGC:1.3:CRS84', 'EPSG:4326'];

function assertSystem(given: unknown): void {
  if (given === undefined) return;
  const properties: unknown =
    Object(given) === given ? Reflect.get(given as object, 'properties') : undefined;
  const name: unknown =
    Object(properties) === properties ? Reflect.get(properties as object, 'name') : undefined;
  if (typeof name === 'string' && KNOWN_SYSTEMS.includes(name)) return;
  refuseShape(`Unknown CRS name: ${String(name)}`);
}

/** Whether a value claims to be GeoJSON. */
export function isGeoJson(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    typeof Reflect.get(value, 'type') === 'string' &&
    ('coordinates' in value || 'geometries' in value)
  );
}

/**
 * Reads GeoJSON: points, lines, polygons, their multiples and collections.
 *
 * @throws StoreError 2 for an unknown type, coordinates off the globe, open or self-crossing rings.
 * @see https://www.mongodb.com/docs/manual/reference/geojson/
 */
export function parseGeoJson(value: unknown): Geometry {
  if (!isGeoJson(value)) return refuseShape(`unknown GeoJSON type: ${JSON.stringify(value)}`);
  const kind = String(value['type']);
  assertSystem(value['crs']);
  if (kind === 'GeometryCollection')
    return { kind, ...joined(nonEmpty(value['geometries'], kind).map(parseGeoJson)) };
  const read = Object.hasOwn(READERS, kind) ? READERS[kind] : undefined;
  if (read === undefined) return refuseShape(`unknown GeoJSON type: ${JSON.stringify(value)}`);
  return { kind, ...read(value['coordinates']) };
}

function joined(parts: readonly Geometry[]): Omit<Geometry, 'kind'> {
  return {
    points: parts.flatMap(({ points }) => [...points]),
    lines: parts.flatMap(({ lines }) => [...lines]),
    polygons: parts.flatMap(({ polygons }) => [...polygons]),
  };
}

/** A single position as a geometry. */
export function pointGeometry(position: Position): Geometry {
  return { kind: 'Point', points: [spherePoint(position)], lines: [], polygons: [] };
}

/** Whether two lines meet. */
export function linesCross(a: readonly SpherePoint[], b: readonly SpherePoint[]): boolean {
  return new s2.Polyline([...a]).intersects(new s2.Polyline([...b]));
}

/** A polygon's rings as closed lines. */
export function ringsOf(polygon: SpherePolygon): SpherePoint[][] {
  return polygon.loops.map((loop) => {
    const [first] = loop.vertices;
    return first === undefined ? [] : [...loop.vertices, first];
  });
}

export type { SpherePoint, SpherePolygon };
