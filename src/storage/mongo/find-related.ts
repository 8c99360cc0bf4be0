import type { ClassSchema } from '../../parse/class-schema.ts';
import type { ParseObject } from '../../parse/object.ts';
import { allOf } from '../../query/constraint.ts';
import {
  BY_OBJECT_ID,
  type FindRequest,
  type Link,
  type RelatedRequest,
} from '../../query/find-request.ts';
import { orderingConstraint, type ClassReader } from './class-reader.ts';
import type { StoredDocument } from './document.ts';
import { combine, type StoredFilter } from './filter.ts';
import { findPage } from './find.ts';
import { joinName } from './join-rows.ts';
import { compileKeyset, compileSort, type StoredSort } from './page.ts';
import { compileProjection, type Projection } from './projection.ts';
import {
  childOf,
  eachOwner,
  joinMembers,
  ownerKeys,
  project,
  type RelatedAbilities,
} from './related-rows.ts';
import { storedName } from './system-columns.ts';

/** Where the rank of a row within its owner's children stands while it is needed; no column can have this name. */
const RANK = '__rank';

type Pages = ReadonlyMap<string, readonly ParseObject[]>;

/** A request taken apart for a pipeline. */
interface Plan {
  readonly link: Link;
  readonly find: FindRequest;
  readonly schema: ClassSchema;
  readonly ownerIds: readonly string[];
  readonly match: StoredFilter;
  readonly sort: StoredSort;
  readonly projection: Projection;
}

/** A child, whose it is, and its place among that owner's children. */
interface RankedRow {
  readonly owner: unknown;
  readonly rank: number;
  readonly document: StoredDocument;
}

/**
 * The same page for each of many owners, cut in the database.
 *
 * Cost: 1 command for any number of owners, +1 for each nested query of the constraint. One by one (a command or two for each
 * owner) where nearness or text orders the rows, where rows are to be skipped before the last ones are taken, and on servers
 * before 5.1.
 */
export async function findRelatedPages(
  reader: ClassReader,
  { link, find, ownerIds: given }: RelatedRequest,
  { hasDocumentsStage }: RelatedAbilities,
): Promise<Pages> {
  const ownerIds = [...new Set(given)];
  if (ownerIds.length === 0 || find.page.limit <= 0) return new Map(ownerIds.map((id) => [id, []]));
  const isPlain = ownerIds.length === 1 && link.kind === 'inverse';
  if (isPlain || !hasDocumentsStage || !isPipelined(find)) {
    return eachOwner(ownerIds, (id) =>
      findPage(reader, { ...find, where: allOf(childOf(link, id), find.where) }),
    );
  }
  const schema = reader.schemaOf(find.className);
  const order = find.order.length > 0 ? find.order : [BY_OBJECT_ID];
  const where = await reader.filterOf(find.className, find.where);
  const plan: Plan = {
    link,
    find,
    schema,
    ownerIds,
    match: combine([where, compileKeyset(find.page, order, schema)]),
    sort: compileSort(order, schema, find.page.fromEnd),
    projection: compileProjection(find.select, schema, order),
  };
  if (link.kind === 'relation') return collect(reader, plan, await readMembers(reader, plan));
  return hasIndexOn(schema, storedName(schema, link.field))
    ? collect(reader, plan, await readByLookup(reader, plan))
    : collect(reader, plan, await readByScan(reader, plan));
}

function isPipelined(find: FindRequest): boolean {
  const parts = find.where.kind === 'and' ? find.where.parts : [find.where];
  return (
    orderingConstraint(find) === undefined &&
    !parts.some(({ kind }) => kind === 'text') &&
    !(find.page.fromEnd && find.page.skip > 0)
  );
}

/** The members of all owners' relations, the best of each by rank. */
async function readMembers(reader: ClassReader, plan: Plan): Promise<readonly RankedRow[]> {
  const { link, find, ownerIds, match, sort, projection } = plan;
  const rowSort = Object.entries(sort).map(([key, way]) => [`row.${key}`, way] as const);
  const rows = await reader.commands.aggregate(
    joinName(link.ownerClass, link.field),
    [
      ...joinMembers(ownerIds, {
        collection: reader.commands.collectionName(find.className),
        match,
        projection,
      }),
      ...rankWithin('$_id.owner', Object.fromEntries(rowSort), find),
    ],
    find.readPreference,
  );
  return rows.map(({ _id: key, row, [RANK]: rank }) => ({
    owner: (key as { readonly owner?: unknown }).owner,
    rank: Number(rank),
    document: row as StoredDocument,
  }));
}

/** One scan of the children of all owners, where no index leads to them. */
async function readByScan(reader: ClassReader, plan: Plan): Promise<readonly RankedRow[]> {
  const { link, find, schema, ownerIds, match, sort, projection } = plan;
  const { key, owners } = ownerKeys(link, ownerIds, schema);
  const rows = await reader.commands.aggregate(
    find.className,
    [
      { $match: combine([{ [key]: { $in: [...owners.keys()] } }, match]) },
      ...project(withKey(projection, key)),
      ...rankWithin(`$${key}`, sort, find),
    ],
    find.readPreference,
  );
  return rows.map((document) => ({
    owner: owners.get(String(document[key])),
    rank: Number(document[RANK]),
    document,
  }));
}

/** One row per owner, each reading no more than its page from the index. */
async function readByLookup(reader: ClassReader, plan: Plan): Promise<readonly RankedRow[]> {
  const { link, find, schema, ownerIds, match, sort, projection } = plan;
  const { skip, limit } = find.page;
  const { key, owners } = ownerKeys(link, ownerIds, schema);
  const rows = await reader.commands.aggregateRows(
    [
      { $documents: [...owners].map(([stored, owner]) => ({ owner, key: stored })) },
      {
        $lookup: {
          from: reader.commands.collectionName(find.className),
          localField: 'key',
          foreignField: key,
          pipeline: [
            { $match: match },
            { $sort: sort },
            ...(skip > 0 ? [{ $skip: skip }] : []),
            { $limit: limit },
            ...project(projection),
          ],
          as: 'rows',
        },
      },
    ],
    find.readPreference,
  );
  return rows.flatMap(({ owner, rows: children }) =>
    (children as readonly StoredDocument[]).map((document, rank) => ({ owner, rank, document })),
  );
}

/** Rows of all owners in any order → a page for each owner, in the request's order. */
function collect(reader: ClassReader, { find, ownerIds }: Plan, rows: readonly RankedRow[]): Pages {
  const documents = new Map(ownerIds.map((id) => [id, [] as StoredDocument[]]));
  const ranked = rows.toSorted((a, b) => a.rank - b.rank);
  for (const { owner, document } of find.page.fromEnd ? ranked.reverse() : ranked) {
    if (typeof owner === 'string') documents.get(owner)?.push(document);
  }
  return new Map(
    [...documents].map(([id, own]) => [id, reader.decode(own, find.className, find.select)]),
  );
}

function rankWithin(
  partitionBy: string,
  sortBy: StoredSort,
  { page: { skip, limit } }: FindRequest,
): readonly StoredFilter[] {
  return [
    { $setWindowFields: { partitionBy, sortBy, output: { [RANK]: { $documentNumber: {} } } } },
    { $match: { [RANK]: { $gt: skip, $lte: skip + limit } } },
  ];
}

/** The key must survive to tell the owner; a projection that excludes keeps it anyway. */
function withKey(projection: Projection, key: string): Projection {
  return projection?.['_id'] === 1 ? { ...projection, [key]: 1 } : projection;
}

function hasIndexOn({ indexes }: ClassSchema, key: string): boolean {
  return [...indexes.values()].some((parts) => Object.keys(parts)[0] === key);
}
