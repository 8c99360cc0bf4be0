import type { ClassSchema } from '../../parse/class-schema.ts';
import { GatewayError } from '../../parse/errors.ts';
import type { KeysetPosition, Page } from '../../query/find-request.ts';
import { combine, encodeOperand, type StoredFilter } from './filter.ts';
import type { StoredKey } from './stored-order.ts';

/** A sort as the driver takes it; the order of its keys counts. */
export type StoredSort = Record<string, 1 | -1>;

/** An order as a sort; reversed for pages that are read from the end. */
export function compileSort(order: readonly StoredKey[], isReversed: boolean): StoredSort {
  const sort: StoredSort = {};
  for (const {
    path,
    key: { direction },
  } of order) {
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
  { after, before }: Pick<Page, 'after' | 'before'>,
  order: readonly StoredKey[],
): StoredFilter {
  const filters: StoredFilter[] = [];
  if (after !== undefined) filters.push(beyond(after, order, 'behind'));
  if (before !== undefined) filters.push(beyond(before, order, 'ahead'));
  return combine(filters);
}

interface Step {
  readonly path: string;
  readonly isUpward: boolean;
  readonly value: unknown;
}

function beyond(
  position: KeysetPosition,
  order: readonly StoredKey[],
  side: 'behind' | 'ahead',
): StoredFilter {
  if (order.length === 0 || position.length !== order.length) {
    throw new GatewayError('InvalidQuery', 'The cursor does not belong to this order.');
  }
  const steps = order.map(({ path, schema, key: { column, direction } }, index): Step => {
    assertHasPlaces(schema, column.name);
    return {
      path,
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
