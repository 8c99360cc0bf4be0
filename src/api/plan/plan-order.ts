import { type FieldPlan, type OrderPlan, PASSWORD } from './api-plan.ts';
import type { SortField } from './graphql-config.ts';

/** The values of a class's order enum: both directions of every column, or what the app's configuration lists. */
export function planOrder(
  fields: readonly FieldPlan[],
  sortFields: readonly SortField[] | undefined,
): readonly OrderPlan[] {
  const columns = new Map<string, string | undefined>([
    ['ACL', undefined],
    ['createdAt', 'createdAt'],
    ['objectId', 'objectId'],
    ['updatedAt', 'updatedAt'],
    ...fields.map((plan) => [plan.name, orderColumn(plan)] as const),
    ['id', 'objectId'],
  ]);
  const all = [...columns.keys()].map((field) => ({ field, asc: true, desc: true }));
  const wanted = (sortFields ?? all).filter(
    ({ field, asc, desc }) => columns.has(field) && (asc || desc),
  );
  const sorts = wanted.length === 0 ? [{ field: 'id', asc: true, desc: true }] : wanted;
  return sorts.flatMap(({ field, asc, desc }): readonly OrderPlan[] => {
    const column = columns.get(field);
    return [
      ...(asc ? [{ value: `${field}_ASC`, column, direction: 'ascending' } as const] : []),
      ...(desc ? [{ value: `${field}_DESC`, column, direction: 'descending' } as const] : []),
    ];
  });
}

/** The pointers of a class that its lists may be ordered through: those that they may be ordered by. */
export function planOrderPointers(
  fields: readonly FieldPlan[],
  sortFields: readonly SortField[] | undefined,
): ReadonlyMap<string, FieldPlan> {
  const isSortable = ({ name }: FieldPlan) =>
    sortFields?.some(({ field, asc, desc }) => field === name && (asc || desc)) ?? true;
  const pointers = fields.filter((plan) => plan.kind === 'Pointer' && isSortable(plan));
  return new Map(pointers.map((plan) => [plan.name, plan]));
}

function orderColumn({ field }: FieldPlan): string | undefined {
  return field === PASSWORD || field.type.kind === 'Relation' ? undefined : field.name;
}
