import type { ClassSchema } from '../../parse/class-schema.ts';
import type { FieldType } from '../../parse/field-type.ts';
import type { ParseObject } from '../../parse/object.ts';
import {
  orderName,
  type OrderKey,
  type PointerHop,
  type Selection,
} from '../../query/find-request.ts';
import { decodeColumn } from './column-codec.ts';
import type { StoredDocument } from './document.ts';
import type { StoredFilter } from './filter.ts';
import { including, type Projection } from './projection.ts';
import { storedName, storedPath } from './system-columns.ts';

/** A key of an order, and where it is stored. */
export interface StoredKey {
  readonly key: OrderKey;
  /** In the row: the target of a pointer stands in it under a name of its own once `followPointers` has run. */
  readonly path: string;
  /** Of the class that has the column. */
  readonly schema: ClassSchema;
}

type SchemaOf = (className: string) => ClassSchema;

/** An order's keys with the places where they are stored. @throws GatewayError 105 for names that no column has. */
export function storedOrder(
  order: readonly OrderKey[],
  className: string,
  schemaOf: SchemaOf,
): readonly StoredKey[] {
  return order.map((key) => {
    const { column, through } = key;
    const schema = schemaOf(through?.targetClass ?? className);
    const path = storedPath(schema, column);
    return { key, schema, path: through === undefined ? path : `${targetKey(through)}.${path}` };
  });
}

/** Where a pointer's target stands in a row; no column can have this name. */
function targetKey({ field }: PointerHop): string {
  return `__to_${field}`;
}

/** The pointers that an order leads through, each once. */
function hopsOf(order: readonly StoredKey[]): readonly PointerHop[] {
  const hops = new Map<string, PointerHop>();
  for (const { key } of order) {
    if (key.through !== undefined) hops.set(key.through.field, key.through);
  }
  return [...hops.values()];
}

/**
 * Stages that put the columns an order needs of pointers' targets into each row; none for an order by own columns. A row whose
 * pointer leads to nothing that counts stays, without them.
 */
export async function followPointers(
  order: readonly StoredKey[],
  schema: ClassSchema,
  reader: {
    readonly filterOf: (className: string, where: PointerHop['where']) => Promise<StoredFilter>;
    readonly commands: { collectionName(name: string): string };
  },
): Promise<readonly StoredFilter[]> {
  const stages = hopsOf(order).map(async (hop): Promise<readonly StoredFilter[]> => {
    const as = targetKey(hop);
    const columns = order
      .filter(({ key }) => key.through?.field === hop.field)
      .map(({ path }) => [path.slice(as.length + 1), 1] as const);
    return [
      { $set: { [as]: targetId(`$${storedName(schema, hop.field)}`, hop.targetClass) } },
      {
        $lookup: {
          from: reader.commands.collectionName(hop.targetClass),
          localField: as,
          foreignField: '_id',
          pipeline: [
            { $match: await reader.filterOf(hop.targetClass, hop.where) },
            { $project: Object.fromEntries(columns) },
          ],
          as,
        },
      },
      { $unwind: { path: `$${as}`, preserveNullAndEmptyArrays: true } },
    ];
  });
  return (await Promise.all(stages)).flat();
}

/** `Class$id` → `id`; for anything else an id that no object has. */
function targetId(pointer: string, targetClass: string): StoredFilter {
  const prefix = `${targetClass}$`;
  const length = Array.from(prefix).length;
  const rest = { $substrCP: [pointer, length, { $strLenCP: pointer }] };
  return {
    $cond: {
      if: { $eq: [{ $type: pointer }, 'string'] },
      then: {
        $cond: { if: { $eq: [{ $substrCP: [pointer, 0, length] }, prefix] }, then: rest, else: '' },
      },
      else: '',
    },
  };
}

/** The projection with the targets' columns in it. */
export function withTargets(projection: Projection, order: readonly StoredKey[]): Projection {
  const targets = order.filter(({ key }) => key.through !== undefined);
  return targets.reduce((wider, { path }) => including(wider, path), projection);
}

/** The object with the values of its pointers' targets that are selected, by `orderName`. */
export function withTargetValues(
  object: ParseObject,
  row: StoredDocument,
  { order, select }: { readonly order: readonly StoredKey[]; readonly select: Selection },
): ParseObject {
  const values = new Map(object.values);
  for (const { key, path, schema } of order) {
    const name = orderName(key);
    if (key.through === undefined || (select !== 'all' && !select.has(name))) continue;
    const target = row[targetKey(key.through)];
    if (typeof target !== 'object' || target === null) continue;
    const stored = (target as StoredDocument)[path.slice(targetKey(key.through).length + 1)];
    const value = stored === undefined ? undefined : decodeColumn(stored, typeOf(key, schema));
    if (value !== undefined) values.set(name, value);
  }
  return values.size === object.values.size ? object : { ...object, values };
}

function typeOf({ column: { name } }: OrderKey, { fields }: ClassSchema): FieldType {
  const isTime = name === 'createdAt' || name === 'updatedAt';
  return fields.get(name)?.type ?? { kind: isTime ? 'Date' : 'String' };
}
