import type { GeoPoint } from '../../parse/values.ts';
import { angleBetween } from '../../query/geometry.ts';
import { pointAt } from '../arguments/operators.ts';
import { answering } from '../errors.ts';

/**
 * How far a shown position is from `point`, in units of which a radian has so many. It is computed from the position alone, so it
 * tells nothing to those who may not read that. Cost: no command. @throws GatewayError 107 for a point that is not on the globe.
 */
export function distanceResolver(unitsPerRadian: number) {
  return answering<GeoPoint>(
    (from, { point }) => angleBetween(from, pointAt(point, 'point')) * unitsPerRadian,
  );
}
