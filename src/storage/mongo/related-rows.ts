import type { ClassSchema } from '../../parse/class-schema.ts';
import { Pointer } from '../../parse/values.ts';
import { column, type Constraint } from '../../query/constraint.ts';
import type { FindRequest, Link } from '../../query/find-request.ts';
import { encodePointer } from './column-codec.ts';
import type { StoredDocument } from './document.ts';
import { combine, compileFilter, type StoredFilter } from './filter.ts';
import type { StoredSort } from './page.ts';
import type { Projection } from './projection.ts';
import type { RelatedQuery } from './related-query.ts';
import type { StoredKey } from './stored-order.ts';
import { storedName } from './system-columns.ts';

/** What the server can do that decides how the children of many owners are read. */
export interface RelatedAbilities {
  /** `$documents`, `$setWindowFields` and a `$lookup` with both a key and a pipeline (5.1 and newer). */
  readonly hasDocumentsStage: boolean;
  /** Whether an index of the collection begins with these stored keys. */
  readonly hasIndex: (name: string, keys: readonly string[]) => Promise<boolean>;
}

/** Where the rank of a row within its owner's children stands while it is needed; no column can have this name. */
export const RANK = '__rank';

const TOTAL = '__total';

/** A request taken apart for a pipeline. */
export interface RelatedPlan {
  readonly link: Link;
  readonly find: FindRequest;
  readonly schema: ClassSchema;
  readonly ownerIds: readonly string[];
  readonly order: readonly StoredKey[];
  readonly match: StoredFilter;
  /** What must be done to the rows behind the match and ahead of the sort. */
  readonly stages: readonly StoredFilter[];
  readonly sort: StoredSort;
  readonly projection: Projection;
}

/** A child, whose it is, and its place among that owner's children. */
export interface RankedRow {
  readonly owner: unknown;
  readonly rank: number;
  readonly document: StoredDocument;
}

/** The children of all owners, in any order. */
export type RankedQuery = RelatedQuery<readonly RankedRow[]>;

/** Owners read one by one at the same time, where one command cannot do it. */
const OWNERS_AT_ONCE = 8;

/**
 * Join rows of the owners → `{_id: {owner, related}, row}` for each member that `pipeline` lets through: one scan of the join rows (which
 * Parse Server does not index), the members by id. A member that is there twice counts once, one that is gone not at all.
 */
export function joinMembers(
  ownerIds: readonly string[],
  members: {
    readonly collection: string;
    /** What is asked about their ids, from `idsAsked`. */
    readonly ids: readonly StoredFilter[];
    /** Which members, and what of them. */
    readonly pipeline: readonly StoredFilter[];
  },
): readonly StoredFilter[] {
  return [
    { $match: combine([{ owningId: { $in: ownerIds } }, ...members.ids]) },
    { $group: { _id: { owner: '$owningId', related: '$relatedId' } } },
    {
      $lookup: {
        from: members.collection,
        localField: '_id.related',
        foreignField: '_id',
        pipeline: members.pipeline,
        as: 'row',
      },
    },
    { $unwind: '$row' },
  ];
}

/** What must hold for a member's id and nothing else, asked of join rows: it need not be read to know that it does not count. */
export function idsAsked(where: Constraint, schema: ClassSchema): readonly StoredFilter[] {
  return ofRelated(idConstraints(where).map((part) => compileFilter(part, schema)));
}

function idConstraints(where: Constraint): readonly Constraint[] {
  if (where.kind === 'and') return where.parts.flatMap(idConstraints);
  const isOfIds = where.kind === 'compare' || where.kind === 'in' || where.kind === 'notIn';
  return isOfIds && where.column.name === 'objectId' ? [where] : [];
}

/** Filters of `_id` alone → the same of `relatedId`; others are left out. */
export function ofRelated(filters: readonly StoredFilter[]): readonly StoredFilter[] {
  return filters
    .filter((filter) => Object.keys(filter).join() === '_id')
    .map(({ _id: condition }) => ({ relatedId: condition }));
}

/** `{owner, row}` with its rank, as pipelines leave them → the child. */
export function rankedRow({ owner, row, [RANK]: rank }: StoredDocument): RankedRow {
  return { owner, rank: Number(rank), document: row as StoredDocument };
}

/** A sort of rows that stand under `row`. */
export function sortUnderRow(sort: StoredSort): StoredSort {
  return Object.fromEntries(Object.entries(sort).map(([key, way]) => [`row.${key}`, way]));
}

/** The stages that keep each owner's page of the rows of all owners; the sort is turned round where pages are the last rows. */
export function rankWithin(
  partitionBy: string,
  sortBy: StoredSort,
  { page: { skip, limit, fromEnd } }: FindRequest,
): readonly StoredFilter[] {
  const rank = { [RANK]: { $documentNumber: {} } };
  if (!fromEnd || skip === 0) {
    return [
      { $setWindowFields: { partitionBy, sortBy, output: rank } },
      { $match: { [RANK]: { $gt: skip, $lte: skip + limit } } },
    ];
  }
  const skipped = { $lte: [`$${RANK}`, { $subtract: [`$${TOTAL}`, skip] }] };
  return [
    { $setWindowFields: { partitionBy, sortBy, output: { ...rank, [TOTAL]: { $sum: 1 } } } },
    { $match: { [RANK]: { $lte: limit }, $expr: skipped } },
  ];
}

/** Where the children of an inverse link name their owner, and what stands there: stored value → owner id. */
export function ownerKeys(
  { ownerClass, field }: Link,
  ownerIds: readonly string[],
  schema: ClassSchema,
): { readonly key: string; readonly owners: ReadonlyMap<string, string> } {
  const owners = ownerIds.map((id) => [encodePointer(new Pointer(ownerClass, id)), id] as const);
  return { key: storedName(schema, field), owners: new Map(owners) };
}

/** The children of one owner, as a constraint. */
export function childOf({ kind, ownerClass, field }: Link, ownerId: string): Constraint {
  const owner = new Pointer(ownerClass, ownerId);
  return kind === 'relation'
    ? { kind: 'relatedTo', owner, field }
    : { kind: 'compare', column: column(field), comparison: 'equal', value: owner };
}

/** Reads for each owner on its own, a few at the same time. */
export async function eachOwner<T>(
  ownerIds: readonly string[],
  read: (ownerId: string) => Promise<T>,
): Promise<ReadonlyMap<string, T>> {
  const results = new Map<string, T>();
  for (let first = 0; first < ownerIds.length; first += OWNERS_AT_ONCE) {
    const together = ownerIds.slice(first, first + OWNERS_AT_ONCE);
    const answers = await Promise.all(together.map(async (id) => [id, await read(id)] as const));
    for (const [id, answer] of answers) results.set(id, answer);
  }
  return results;
}
