import type { ClassSchema } from '../../parse/class-schema.ts';
import { GatewayError } from '../../parse/errors.ts';
import type { KeysetPosition, OrderKey, Page } from '../../query/find-request.ts';
import { combine, encodeOperand, type StoredFilter } from './filter.ts';
import { storedPath } from './system-columns.ts';

/** A sort as the driver takes it; the order of its keys counts. */
export type StoredSort = Record<string, 1 | -1>;

/** The order of a request as a sort; reversed for pages that are read from the end. */
export function compileSort(
  order: readonly OrderKey[],
  schema: ClassSchema,
  isReversed: boolean,
): StoredSort {
  const sort: StoredSort = {};
  for (const { column, direction } of order) {
    const path = storedPath(schema, column);
    const isAscending = (direction === 'ascending') !== isReversed;
    // A second mention of a key cannot change the order any more.
    if (!(path in sort)) sort[path] = isAscending ? 1 : -1;
  }
  return sort;
}

/**
 * The rows behind `after` and ahead of `before`, as a filter over the order's keys; `{}` for neither.
 *
 * MongoDB sorts null and absent alike, ahead of all values; its range operators skip both, so they are named here.
 * @throws GatewayError 102 for a place that does not fit the order, or an order that has no places (arrays, positions).
 */
export function compileKeyset(
  { after, before }: Page,
  order: readonly OrderKey[],
  schema: ClassSchema,
): StoredFilter {
  const filters: StoredFilter[] = [];
  if (after !== undefined) filters.push(beyond(after, order, { schema, side: 'behind' }));
  if (before !== undefined) filters.push(beyond(before, order, { schema, side: 'ahead' }));
  return combine(filters);
}

interface Side {
  readonly schema: ClassSchema;
  readonly side: 'behind' | 'ahead';
}

interface Step {
  readonly path: string;
  readonly isUpward: boolean;
  readonly value: unknown;
}

function beyond(
  position: KeysetPosition,
  order: readonly OrderKey[],
  { schema, side }: Side,
): StoredFilter {
  if (order.length === 0 || position.length !== order.length) {
    throw new GatewayError('InvalidQuery', 'The cursor does not belong to this order.');
  }
  const steps = order.map(({ column, direction }, index): Step => {
    assertHasPlaces(schema, column.name);
    return {
      path: storedPath(schema, column),
      isUpward: (direction === 'ascending') === (side === 'behind'),
      value: encodeOperand(schema, column, position[index] ?? null),
    };
  });
  const branches = steps.flatMap((step, index) => {
    const strictly = beyondOne(step);
    const equalBefore = steps
      .slice(0, index)
      .map(({ path, value }) => ({ [path]: { $eq: value } }));
    return strictly === undefined ? [] : [combine([...equalBefore, strictly])];
  });
  const [only] = branches;
  if (only === undefined) return { _id: { $in: [] } };
  return branches.length === 1 ? only : { $or: branches };
}

/** Strictly beyond one value; `undefined` when nothing can be. */
function beyondOne({ path, isUpward, value }: Step): StoredFilter | undefined {
  if (isUpward) return { [path]: value === null ? { $ne: null } : { $gt: value } };
  if (value === null) return undefined;
  return path === '_id'
    ? { [path]: { $lt: value } }
    : { $or: [{ [path]: { $lt: value } }, { [path]: { $eq: null } }] };
}

/** MongoDB sorts an array by its least or greatest element, which no filter can express. */
function assertHasPlaces(schema: ClassSchema, name: string): void {
  const kind = schema.fields.get(name)?.type.kind;
  if (kind === 'Array' || kind === 'GeoPoint') {
    throw new GatewayError('InvalidQuery', `Cursors cannot page an order by ${name}.`);
  }
}
