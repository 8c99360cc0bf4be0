import type { Document } from '../engine/engine.ts';
import { nearestOf, parseNear, type Near } from '../geo/near.ts';
import { intersects, isWithin, parseIntersecting, parseRegion } from '../geo/regions.ts';
import { storedShapes } from '../geo/stored-shapes.ts';
import { isPlainObject, type Fields } from './bson-values.ts';
import { wholeValue, type Condition } from './filter-conditions.ts';
import { splitPath, visitPath } from './paths.ts';
import { refuse } from './refuse.ts';

type GeoParser = (operand: unknown, place: { readonly siblings: Fields }) => Condition | undefined;

const within: GeoParser = (operand) => {
  const region = parseRegion(operand);
  return wholeValue((value) => storedShapes(value).some((shape) => isWithin(shape, region)));
};

function near(operator: '$near' | '$nearSphere'): GeoParser {
  return (_operand, { siblings }) => {
    const parsed = parseNear(operator, siblings);
    return wholeValue((value) => nearestOf(parsed, value) !== undefined);
  };
}

function besideNear(name: string): GeoParser {
  return (_operand, { siblings }) =>
    '$near' in siblings || '$nearSphere' in siblings
      ? undefined
      : refuse(`${name} is only allowed beside $near or $nearSphere`);
}

/** The geo operators of a filter. */
export const geoConditions: Readonly<Record<string, GeoParser>> = {
  $geoWithin: within,
  $within: within,
  $geoIntersects: (operand) => {
    const shape = parseIntersecting(operand);
    return wholeValue((value) =>
      storedShapes(value).some(
        ({ geometry }) => geometry !== undefined && intersects(geometry, shape),
      ),
    );
  },
  $near: near('$near'),
  $nearSphere: near('$nearSphere'),
  $maxDistance: besideNear('$maxDistance'),
  $minDistance: besideNear('$minDistance'),
};

/** The one `$near` of a filter: where it stands, and how far a document is from it. */
export interface NearOrder {
  readonly path: string;
  readonly near: Near;
  /** Distance in the query's unit, of the nearest location within its bounds; undefined without one. */
  readonly distance: (document: Document) => number | undefined;
}

/**
 * The `$near`/`$nearSphere` of a filter, at its top level or inside `$and`, by which a find without a
 * sort orders its documents: nearest first. Undefined when there is none.
 *
 * @throws StoreError 2 for a malformed operand.
 */
export function findNear(filter: Document): NearOrder | undefined {
  for (const [path, operand] of Object.entries(filter)) {
    if (path === '$and' && Array.isArray(operand)) {
      for (const clause of operand) {
        const found = isPlainObject(clause) ? findNear(clause) : undefined;
        if (found !== undefined) return found;
      }
    }
    if (path.startsWith('$') || !isPlainObject(operand)) continue;
    const operator =
      '$near' in operand ? '$near' : '$nearSphere' in operand ? '$nearSphere' : undefined;
    if (operator !== undefined) return nearOrder(path, parseNear(operator, operand));
  }
  return undefined;
}

/** How far a document's locations at a path are from a point. */
export function nearOrder(path: string, parsed: Near): NearOrder {
  const parts = splitPath(path);
  const distance = (document: Document): number | undefined => {
    let least: number | undefined;
    visitPath(document, parts, false, (value) => {
      const found = nearestOf(parsed, value)?.distance;
      if (found !== undefined && (least === undefined || found < least)) least = found;
      return false;
    });
    return least;
  };
  return { path, near: parsed, distance };
}
