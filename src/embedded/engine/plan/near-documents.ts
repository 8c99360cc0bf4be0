import { findNear, type NearOrder } from '../../query/geo-conditions.ts';
import type { StoredDocument } from '../tables/document-codec.ts';
import type { Document, ReadQuery } from '../engine.ts';

/** The first circle around the centre: a kilometre on the globe, a hundredth on the plane. */
const FIRST_RADIUS = { meters: 1000, radians: 1000 / 6_378_100, plane: 0.01 } as const;
const GROWTH = 4;
/** Circles beyond this hold everything. */
const WHOLE = { meters: Math.PI * 6_378_100, radians: Math.PI, plane: 1000 } as const;

/** By how far from what a query orders its documents: a `$near` or `$nearSphere` without a sort. */
export function wantedNear({ filter = {}, sort = [] }: ReadQuery): NearOrder | undefined {
  return sort.length === 0 ? findNear(filter) : undefined;
}

/** Reads the documents that match within a circle; each may come again in a wider one. */
export type ReadCircle = (condition: Document | undefined) => Iterable<StoredDocument>;

/**
 * Documents from near to far.
 *
 * With `isPage` only a part is wanted: circles are searched from the inside out, so that what is far away is not read.
 */
export function* nearDocuments(
  order: NearOrder,
  readCircle: ReadCircle,
  isPage: boolean,
): Generator<StoredDocument> {
  const { unit, maxDistance } = order.near;
  const outer = Math.min(maxDistance, WHOLE[unit]);
  const known = new Set<number>();
  let waiting: { readonly stored: StoredDocument; readonly distance: number }[] = [];
  for (let radius = isPage ? FIRST_RADIUS[unit] : Infinity; ; radius *= GROWTH) {
    const isLast = radius >= outer;
    for (const stored of readCircle(isLast ? undefined : circle(order, radius))) {
      if (known.has(stored.recordId)) continue;
      known.add(stored.recordId);
      const distance = order.distance(stored.document);
      if (distance !== undefined) waiting.push({ stored, distance });
    }
    waiting.sort((a, b) => a.distance - b.distance);
    const isBeyond = ({ distance }: { distance: number }): boolean => !isLast && distance > radius;
    for (const { stored } of waiting.filter((entry) => !isBeyond(entry))) yield stored;
    if (isLast) return;
    waiting = waiting.filter(isBeyond);
  }
}

/** The circle as geo operators of a filter. */
function circle({ near }: NearOrder, radius: number): Document {
  switch (near.unit) {
    case 'meters':
      return {
        $nearSphere: {
          $geometry: { type: 'Point', coordinates: near.center },
          $maxDistance: radius,
        },
      };
    case 'radians':
      return { $nearSphere: near.center, $maxDistance: radius };
    case 'plane':
      return { $near: near.center, $maxDistance: radius };
  }
}
