import type { ClassSchema } from '../../parse/class-schema.ts';
import { Pointer, type ParseValue } from '../../parse/values.ts';
import {
  column,
  hasObjectIdIn,
  NOTHING,
  type Constraint,
  type ConstraintKind,
  type ConstraintOfKind,
  type KeyQuery,
} from '../../query/constraint.ts';
import type { ReadPreference } from '../../query/find-request.ts';
import { followPath } from '../../query/follow-path.ts';
import type { Report } from './class-schema-codec.ts';
import { decodeDocument } from './document.ts';
import { compileFilter } from './filter.ts';
import { joinName, readJoined } from './join-rows.ts';
import { compileProjection } from './projection.ts';
import type { Finds } from './shared-finds.ts';

/** What answers nested queries. */
export interface NestedReader {
  readonly commands: Finds;
  readonly schemaOf: (className: string) => ClassSchema;
  readonly report: Report;
  readonly readPreference?: ReadPreference | undefined;
}

type Resolver<K extends ConstraintKind> = (
  constraint: ConstraintOfKind<K>,
  reader: NestedReader,
  schema: ClassSchema,
) => Promise<Constraint>;

/** The kinds that hold other constraints or need the database; all others stand as they are. */
const RESOLVERS: { readonly [K in ConstraintKind]?: Resolver<K> } = {
  and: resolveParts,
  or: resolveParts,
  nor: resolveParts,
  compare: resolveCompare,
  in: resolveList,
  notIn: resolveList,
  pointerTo: async ({ field, targetClass, where, isNegated }, reader) => {
    const ids = await readIds(targetClass, where, reader);
    const values = ids.map((id) => new Pointer(targetClass, id));
    return { kind: isNegated ? 'notIn' : 'in', column: column(field), values };
  },
  relationTo: async ({ field, targetClass, where, isNegated }, reader, { className }) => {
    const ids = await readIds(targetClass, where, reader);
    return ownersOf({ className, field, ids, isNegated }, reader);
  },
  relatedTo: async ({ owner, field }, { commands, readPreference }) => {
    const name = joinName(owner.className, field);
    const ids = await readJoined(commands, name, {
      end: 'owningId',
      ids: [owner.objectId],
      readPreference,
    });
    return hasObjectIdIn(ids);
  },
  inQueryKey: async ({ column: own, query }, reader) => ({
    kind: 'in',
    column: own,
    values: await readKeyValues(query, reader),
  }),
  notInQueryKey: async ({ column: own, query }, reader) => ({
    kind: 'notIn',
    column: own,
    values: await readKeyValues(query, reader),
  }),
};

/**
 * Answers every nested query, innermost first, so that what is left compiles to a filter of one class.
 *
 * The results stand exactly where the query stood: a relation keeps its place under `and`, `or` and `nor`. Nothing is truncated.
 * Cost: 1 command for each nested query, 2 for one over a relation; none when there is none.
 */
export function resolveNested(
  constraint: Constraint,
  reader: NestedReader,
  schema: ClassSchema,
): Promise<Constraint> {
  const resolve = RESOLVERS[constraint.kind] as Resolver<ConstraintKind> | undefined;
  return resolve === undefined ? Promise.resolve(constraint) : resolve(constraint, reader, schema);
}

async function resolveParts(
  { kind, parts }: ConstraintOfKind<'and'>,
  reader: NestedReader,
  schema: ClassSchema,
): Promise<Constraint> {
  return {
    kind,
    parts: await Promise.all(parts.map((part) => resolveNested(part, reader, schema))),
  };
}

/** Equality on a relation column asks for the owners of that object; any other comparison of one holds for nothing. */
async function resolveCompare(
  constraint: ConstraintOfKind<'compare'>,
  reader: NestedReader,
  schema: ClassSchema,
): Promise<Constraint> {
  const { column: own, comparison, value } = constraint;
  if (!isRelation(schema, own.name)) return constraint;
  if (!(value instanceof Pointer) || (comparison !== 'equal' && comparison !== 'notEqual')) {
    return NOTHING;
  }
  const isNegated = comparison === 'notEqual';
  return ownersOf(
    { className: schema.className, field: own.name, ids: [value.objectId], isNegated },
    reader,
  );
}

async function resolveList(
  constraint: ConstraintOfKind<'in'>,
  reader: NestedReader,
  schema: ClassSchema,
): Promise<Constraint> {
  const { kind, column: own, values } = constraint;
  if (!isRelation(schema, own.name)) return constraint;
  const ids = values.filter((value) => value instanceof Pointer).map(({ objectId }) => objectId);
  return ownersOf(
    { className: schema.className, field: own.name, ids, isNegated: kind === 'notIn' },
    reader,
  );
}

function isRelation(schema: ClassSchema, name: string): boolean {
  return schema.fields.get(name)?.type.kind === 'Relation';
}

interface RelationQuery {
  readonly className: string;
  readonly field: string;
  readonly ids: readonly string[];
  readonly isNegated: boolean;
}

async function ownersOf(
  { className, field, ids, isNegated }: RelationQuery,
  { commands, readPreference }: NestedReader,
): Promise<Constraint> {
  const owners = await readJoined(commands, joinName(className, field), {
    end: 'relatedId',
    ids,
    readPreference,
  });
  return isNegated
    ? { kind: 'notIn', column: column('objectId'), values: owners }
    : hasObjectIdIn(owners);
}

async function readIds(
  className: string,
  where: Constraint,
  reader: NestedReader,
): Promise<readonly string[]> {
  const schema = reader.schemaOf(className);
  const filter = compileFilter(await resolveNested(where, reader, schema), schema);
  const rows = await reader.commands.find(className, filter, {
    projection: { _id: 1 },
    readPreference: reader.readPreference,
  });
  return rows.map(({ _id }) => _id).filter((id) => typeof id === 'string');
}

/** The key's values over the objects meant, elements of arrays taken one by one; absent and null give none. */
async function readKeyValues(
  { className, where, key }: KeyQuery,
  reader: NestedReader,
): Promise<readonly ParseValue[]> {
  const schema = reader.schemaOf(className);
  const filter = compileFilter(await resolveNested(where, reader, schema), schema);
  const select = new Set([key.name]);
  const rows = await reader.commands.find(className, filter, {
    projection: compileProjection(select, schema),
    readPreference: reader.readPreference,
  });
  const values = rows.flatMap((row): readonly (ParseValue | undefined)[] => {
    const object = decodeDocument(row, schema, reader.report, select);
    const value = object === undefined ? undefined : followPath(object, key);
    return Array.isArray(value) ? (value as readonly ParseValue[]) : [value];
  });
  return values.filter((value) => value !== undefined && value !== null);
}
