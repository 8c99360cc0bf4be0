import { r1, s1, s2 } from 's2js';
import { parseIntersecting, parseRegion, type Region } from './regions.ts';
import { nearRadians, parseNear, type Near } from './near.ts';
import type { Geometry } from './geometry.ts';
import { spherePoint } from './geometry.ts';
import type { Position } from './positions.ts';
import { storedShapes } from './stored-shapes.ts';

/** Keys from `low` to `high`, both included. */
export type CellRange = readonly [low: string, high: string];

const EVERYTHING: readonly CellRange[] = [['0000000000000000', 'ffffffffffffffff']];
/** An object's covering is small, as each cell is an index key; a question's may be larger, as each is a range. */
const OBJECT_CELLS = 8;
const QUERY_CELLS = 16;
/** Stands for all positions that are not on the globe, which only planar questions can mean. */
const OFF_GLOBE = 0xffffffffffffffffn;
/** How much a covering is widened against rounding, in radians: about six millimetres. */
const MARGIN_RADIANS = 1e-9;

type SphereRegion = Parameters<InstanceType<typeof s2.RegionCoverer>['covering']>[0];

function keyOf(cell: bigint): string {
  return cell.toString(16).padStart(16, '0');
}

function cover(region: SphereRegion, maxCells: number): readonly bigint[] {
  return [...new s2.RegionCoverer({ maxCells, maxLevel: 30 }).covering(region)];
}

/** What of a geometry is covered, one region each. */
function regionsOf(geometry: Geometry): readonly SphereRegion[] {
  return [...geometry.lines.map((line) => new s2.Polyline([...line])), ...geometry.polygons];
}

/**
 * The index keys of a stored value: one cell (16 hexadecimal digits) for a point, a few for a line or an
 * area, in no order, each once. Nothing for a value that is no location.
 */
export function coverPoint(value: unknown): readonly string[] {
  const cells = new Set<bigint>();
  for (const { geometry } of storedShapes(value)) {
    if (geometry === undefined) {
      cells.add(OFF_GLOBE);
      continue;
    }
    for (const point of geometry.points) cells.add(s2.cellid.fromPoint(point));
    for (const region of regionsOf(geometry)) {
      for (const cell of cover(region, OBJECT_CELLS)) cells.add(cell);
    }
  }
  return [...cells].map(keyOf);
}

/** Keys of the cells inside a cell, and of the cells around it. */
function rangesOf(cells: readonly bigint[]): readonly CellRange[] {
  const ranges: CellRange[] = cells.map((cell) => [
    keyOf(s2.cellid.rangeMin(cell)),
    keyOf(s2.cellid.rangeMax(cell)),
  ]);
  const around = new Set<bigint>();
  for (const cell of cells) {
    for (let level = s2.cellid.level(cell) - 1; level >= 0; level--) {
      around.add(s2.cellid.parent(cell, level));
    }
  }
  for (const cell of around) ranges.push([keyOf(cell), keyOf(cell)]);
  return merged(ranges);
}

function merged(ranges: readonly CellRange[]): readonly CellRange[] {
  const result: CellRange[] = [];
  for (const range of ranges.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    const last = result.at(-1);
    if (last !== undefined && range[0] <= last[1]) {
      if (range[1] > last[1]) result[result.length - 1] = [last[0], range[1]];
    } else {
      result.push(range);
    }
  }
  return result;
}

function capCover(center: Position, radians: number): readonly CellRange[] {
  if (!(radians < Math.PI)) return EVERYTHING;
  return rangesOf(
    cover(s2.Cap.fromCenterAngle(spherePoint(center), radians + MARGIN_RADIANS), QUERY_CELLS),
  );
}

const DEGREE = Math.PI / 180;

/** Planar areas are covered by the box around them, and by the key for what is off the globe where they reach there. */
function boxCover(low: Position, high: Position): readonly CellRange[] {
  const isInside = low[0] >= -180 && low[1] >= -90 && high[0] <= 180 && high[1] <= 90;
  const beyond: readonly CellRange[] = isInside ? [] : [[keyOf(OFF_GLOBE), keyOf(OFF_GLOBE)]];
  if (low[0] > 180 || low[1] > 90 || high[0] < -180 || high[1] < -90) return beyond;
  const margin = MARGIN_RADIANS;
  const south = Math.max(-90, low[1]) * DEGREE - margin;
  const north = Math.min(90, high[1]) * DEGREE + margin;
  const west = low[0] * DEGREE - margin;
  const east = high[0] * DEGREE + margin;
  const isAround = west <= -Math.PI || east >= Math.PI;
  const rect = new s2.Rect(
    new r1.Interval(Math.max(south, -Math.PI / 2), Math.min(north, Math.PI / 2)),
    isAround ? s1.Interval.fullInterval() : new s1.Interval(west, east),
  );
  return [...rangesOf(cover(rect, QUERY_CELLS)), ...beyond];
}

function regionCover(region: Region): readonly CellRange[] {
  switch (region.kind) {
    case 'polygon': {
      const xs = region.corners.map(([x]) => x);
      const ys = region.corners.map(([, y]) => y);
      return boxCover([Math.min(...xs), Math.min(...ys)], [Math.max(...xs), Math.max(...ys)]);
    }
    case 'box':
      return boxCover(region.low, region.high);
    case 'circle': {
      const { center, radius } = region;
      return boxCover(
        [center[0] - radius, center[1] - radius],
        [center[0] + radius, center[1] + radius],
      );
    }
    case 'cap':
      return capCover(region.center, region.radians);
    case 'geometry':
      return geometryCover(region.geometry);
  }
}

function geometryCover(geometry: Geometry): readonly CellRange[] {
  const cells = regionsOf(geometry).flatMap((region) => [...cover(region, QUERY_CELLS)]);
  const near = geometry.points.flatMap((point) => [
    ...cover(s2.Cap.fromCenterAngle(point, MARGIN_RADIANS), QUERY_CELLS),
  ]);
  return rangesOf([...cells, ...near]);
}

function nearCover(near: Near): readonly CellRange[] {
  if (near.unit === 'plane') {
    const { center, maxDistance } = near;
    if (!Number.isFinite(maxDistance)) return EVERYTHING;
    return boxCover(
      [center[0] - maxDistance, center[1] - maxDistance],
      [center[0] + maxDistance, center[1] + maxDistance],
    );
  }
  return capCover(near.center, nearRadians(near));
}

/**
 * The ranges of index keys in which every document that matches a path's geo operators has one of its
 * keys. Wider than the answer: the filter must still be asked.
 *
 * Takes the operators as they stand: `{$geoWithin: …}`, `{$near: …, $maxDistance: …}`.
 *
 * @returns ranges in order that do not overlap, or undefined when there is no geo operator among them.
 * @throws StoreError 2 for a malformed shape.
 */
export function coverRegion(
  operators: Readonly<Record<string, unknown>>,
): readonly CellRange[] | undefined {
  if ('$geoWithin' in operators) return regionCover(parseRegion(operators['$geoWithin']));
  if ('$within' in operators) return regionCover(parseRegion(operators['$within']));
  if ('$geoIntersects' in operators)
    return geometryCover(parseIntersecting(operators['$geoIntersects']));
  if ('$near' in operators) return nearCover(parseNear('$near', operators));
  if ('$nearSphere' in operators) return nearCover(parseNear('$nearSphere', operators));
  return undefined;
}
