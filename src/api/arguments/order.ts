import type { FieldKind } from '../../parse/field-type.ts';
import { GatewayError } from '../../parse/errors.ts';
import { EVERYTHING, type Constraint } from '../../query/constraint.ts';
import { BY_OBJECT_ID, orderName, type OrderKey } from '../../query/find-request.ts';
import type { ApiPlan, ClassPlan, OrderPlan } from '../plan/api-plan.ts';

/** Kinds of which the database compares whole values: only after those can a page begin at a row's values. */
const HAS_POSITION = {
  String: true,
  Number: true,
  Boolean: true,
  Date: true,
  File: true,
  Pointer: true,
  Bytes: false,
  Object: false,
  Array: false,
  GeoPoint: false,
  Polygon: false,
  Relation: false,
} as const satisfies Record<FieldKind, boolean>;

/** MongoDB's limit. @see https://www.mongodb.com/docs/manual/reference/operator/aggregation/sort/ */
const MOST_KEYS = 32;

/** `[salary_DESC]`, or `[{self: salary_DESC}, {manager: firstName_ASC}]`, as graphql coerced them. */
export interface OrderArguments {
  readonly order?: unknown;
  readonly orderBy?: unknown;
}

/**
 * Chosen order values → order keys: complete by `objectId` at the end; of a column named again the last direction holds.
 *
 * `[salary_DESC, name_ASC]` → by salary, then name, then objectId. Without a choice rows come by objectId, but nearest first where
 * the constraint orders them itself: then there are no keys.
 * @throws GatewayError 102 for both ways at once, and for more columns than MongoDB sorts by.
 */
export function decodeOrder(
  { order, orderBy }: OrderArguments,
  where: Constraint,
  plan: ClassPlan,
): readonly OrderKey[] {
  const own = (order ?? []) as readonly OrderPlan[];
  const through = (orderBy ?? []) as readonly OrderEntry[];
  if (own.length > 0 && through.length > 0) {
    throw new GatewayError('InvalidQuery', 'Give order or orderBy, not both.');
  }
  const keys = new Map<string, OrderKey>();
  const chosen = own.length > 0 ? own.map(ownKey) : through.map((entry) => entryKey(entry, plan));
  // Named again, a column keeps its place and changes its direction, as in Parse Server.
  for (const key of chosen) if (key !== undefined) keys.set(orderName(key), key);
  const all = [...keys.values()];
  const ids = all.findIndex((key) => orderName(key) === 'objectId');
  // Nothing is left to order once rows are told apart.
  if (ids >= 0) return all.slice(0, ids + 1);
  if (keys.size === 0 && ordersByDistance(where)) return [];
  if (keys.size >= MOST_KEYS) {
    throw new GatewayError('InvalidQuery', `An order takes ${MOST_KEYS - 1} columns.`);
  }
  return [...all, BY_OBJECT_ID];
}

/** One of its fields is there: that of the class itself, or a pointer's. */
type OrderEntry = Readonly<Record<string, OrderPlan>>;

/** `undefined` for what rows cannot be ordered by. */
function ownKey({ column, direction }: OrderPlan): OrderKey | undefined {
  return column === undefined ? undefined : { column: { name: column, path: [] }, direction };
}

function entryKey(entry: OrderEntry, plan: ClassPlan): OrderKey | undefined {
  const [[name, chosen] = []] = Object.entries(entry);
  const key = chosen === undefined ? undefined : ownKey(chosen);
  if (name === undefined || name === plan.selfName || key === undefined) return key;
  const pointer = plan.orderPointers.get(name);
  if (pointer?.targetClass === undefined) throw new Error(`no order leads through ${name}`);
  const { field, targetClass } = pointer;
  return { ...key, through: { field: field.name, targetClass, where: EVERYTHING } };
}

/** True when a page can begin at a row's values instead of at a number of rows. */
export function hasPositions(
  order: readonly OrderKey[],
  { schema }: ClassPlan,
  { catalog }: Pick<ApiPlan, 'catalog'>,
): boolean {
  return (
    order.length > 0 &&
    order.every(({ column, through }) => {
      const owner = through === undefined ? schema : catalog.classes.get(through.targetClass);
      const field = owner?.fields.get(column.name);
      return field === undefined || HAS_POSITION[field.type.kind];
    })
  );
}

function ordersByDistance(where: Constraint): boolean {
  return where.kind === 'near' || (where.kind === 'and' && where.parts.some(ordersByDistance));
}
