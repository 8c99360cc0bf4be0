import type { ClassSchema } from '../../parse/class-schema.ts';
import type { ConstraintOfKind } from '../../query/constraint.ts';
import type { StoredFilter } from './filter.ts';
import { storedPath } from './system-columns.ts';

/** Where a row's nearness stands while it is sorted by it; no column can have this name. */
export const NEARNESS = '__nearness';

/**
 * The stage that tells how far each row is from the centre, for sorting where `$nearSphere` cannot be used: in pipelines over many
 * owners. The squared half chord, which grows with the distance; null where no position is stored.
 * @see https://en.wikipedia.org/wiki/Haversine_formula
 */
export function tellNearness(
  { column, center }: ConstraintOfKind<'near'>,
  schema: ClassSchema,
): StoredFilter {
  const position = `$${storedPath(schema, column)}`;
  const list = { $cond: [{ $isArray: [position] }, position, []] };
  const radians = (index: number): StoredFilter => {
    const degrees = { input: { $arrayElemAt: [list, index] }, onError: null, onNull: null };
    return { $degreesToRadians: { $convert: { ...degrees, to: 'double' } } };
  };
  const latitude = (center.latitude * Math.PI) / 180;
  const longitude = (center.longitude * Math.PI) / 180;
  const squaredSine = (angle: string, from: number): StoredFilter => ({
    $pow: [{ $sin: { $divide: [{ $subtract: [angle, from] }, 2] } }, 2],
  });
  const chord = {
    $add: [
      squaredSine('$$latitude', latitude),
      {
        $multiply: [
          Math.cos(latitude),
          { $cos: '$$latitude' },
          squaredSine('$$longitude', longitude),
        ],
      },
    ],
  };
  const vars = { longitude: radians(0), latitude: radians(1) };
  return { $set: { [NEARNESS]: { $let: { vars, in: chord } } } };
}
