import type { FieldKind } from '../../parse/field-type.ts';
import type { Constraint } from '../../query/constraint.ts';
import { BY_OBJECT_ID, type OrderKey } from '../../query/find-request.ts';
import type { ClassPlan, OrderPlan } from '../plan/api-plan.ts';

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

/**
 * Chosen order values → order keys: complete by `objectId` at the end; of a column named again the last direction holds.
 *
 * `[salary_DESC, name_ASC]` → by salary, then name, then objectId. Without a choice rows come by objectId, but nearest first where
 * the constraint orders them itself: then there are no keys.
 */
export function decodeOrder(chosen: readonly OrderPlan[], where: Constraint): readonly OrderKey[] {
  const keys = new Map<string, OrderKey>();
  for (const { column, direction } of chosen) {
    // Named again, a column keeps its place and changes its direction, as in Parse Server.
    if (column !== undefined) keys.set(column, { column: { name: column, path: [] }, direction });
  }
  const all = [...keys.values()];
  const ids = all.findIndex(({ column }) => column.name === 'objectId');
  // Nothing is left to order once rows are told apart.
  if (ids >= 0) return all.slice(0, ids + 1);
  if (keys.size === 0 && ordersByDistance(where)) return [];
  return [...all, BY_OBJECT_ID];
}

/** True when a page can begin at a row's values instead of at a number of rows. */
export function hasPositions(order: readonly OrderKey[], { schema }: ClassPlan): boolean {
  return (
    order.length > 0 &&
    order.every(({ column }) => {
      const field = schema.fields.get(column.name);
      return field === undefined || HAS_POSITION[field.type.kind];
    })
  );
}

function ordersByDistance(where: Constraint): boolean {
  return where.kind === 'near' || (where.kind === 'and' && where.parts.some(ordersByDistance));
}
