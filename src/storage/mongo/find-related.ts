import type { ClassSchema } from '../../parse/class-schema.ts';
import type { ParseObject } from '../../parse/object.ts';
import { Pointer } from '../../parse/values.ts';
import { allOf, column, type Constraint } from '../../query/constraint.ts';
import {
  BY_OBJECT_ID,
  type FindRequest,
  type Link,
  type RelatedCountRequest,
  type RelatedRequest,
} from '../../query/find-request.ts';
import { allFilters, orderingConstraint, type ClassReader } from './class-reader.ts';
import { encodePointer } from './column-codec.ts';
import type { StoredDocument } from './document.ts';
import type { StoredFilter } from './filter.ts';
import { findPage, countObjects } from './find.ts';
import { joinName } from './join-rows.ts';
import { compileKeyset, compileSort, type StoredSort } from './page.ts';
import { compileProjection, type Projection } from './projection.ts';
import { storedName } from './system-columns.ts';

/** What the server can do that decides how a page per owner is read. */
export interface RelatedAbilities {
  /** `$documents`, `$setWindowFields` and a `$lookup` with both a key and a pipeline (5.1 and newer). */
  readonly hasDocumentsStage: boolean;
}

/** Owners read one by one at the same time, where one command cannot do it. */
const OWNERS_AT_ONCE = 8;

/** Where the rank of a row within its owner's page stands while it is needed; no column can have this name. */
const RANK = '__rank';

type Pages = ReadonlyMap<string, readonly ParseObject[]>;

/** A request taken apart for a pipeline. */
interface Plan {
  readonly find: FindRequest;
  readonly schema: ClassSchema;
  readonly ownerIds: readonly string[];
  readonly match: StoredFilter;
  readonly sort: StoredSort;
  readonly projection: Projection;
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
  request: RelatedRequest,
  abilities: RelatedAbilities,
): Promise<Pages> {
  const ownerIds = [...new Set(request.ownerIds)];
  const { link, find } = request;
  if (ownerIds.length === 0 || find.page.limit <= 0) return emptyPages(ownerIds);
  const isPlain = ownerIds.length === 1 && link.kind === 'inverse';
  if (isPlain || !abilities.hasDocumentsStage || !isPipelined(find)) {
    return findOneByOne(reader, { ...request, ownerIds });
  }
  const schema = reader.schemaOf(find.className);
  const order = find.order.length > 0 ? find.order : [BY_OBJECT_ID];
  const plan: Plan = {
    find,
    schema,
    ownerIds,
    match: allFilters(
      await reader.filterOf(find.className, find.where),
      compileKeyset(find.page, order, schema),
    ),
    sort: compileSort(order, schema, find.page.fromEnd),
    projection: compileProjection(find.select, schema, order),
  };
  if (link.kind === 'relation') return findByJoin(reader, plan, link);
  return hasIndexOn(schema, storedName(schema, link.field))
    ? findByLookup(reader, plan, link)
    : findByScan(reader, plan, link);
}

function isPipelined(find: FindRequest): boolean {
  const parts = find.where.kind === 'and' ? find.where.parts : [find.where];
  return (
    orderingConstraint(find) === undefined &&
    !parts.some(({ kind }) => kind === 'text') &&
    !(find.page.fromEnd && find.page.skip > 0)
  );
}

/** One scan of the join rows of all owners; the targets by id; the best of each owner by rank. */
async function findByJoin(reader: ClassReader, plan: Plan, link: Link): Promise<Pages> {
  const { find, ownerIds, match, sort, projection } = plan;
  const rows = await reader.commands.aggregate(
    joinName(link.ownerClass, link.field),
    [
      { $match: { owningId: { $in: ownerIds } } },
      // A row that stands there twice is one member.
      { $group: { _id: { owner: '$owningId', related: '$relatedId' } } },
      {
        $lookup: {
          from: reader.commands.collectionName(find.className),
          localField: '_id.related',
          foreignField: '_id',
          pipeline: [{ $match: match }, ...project(projection)],
          as: 'row',
        },
      },
      { $unwind: '$row' },
      ...rankWithin('$_id.owner', prefixed(sort, 'row.'), find),
    ],
    find.readPreference,
  );
  return collectPages(reader, plan, (row) => ({
    owner: (row['_id'] as { readonly owner?: unknown }).owner,
    rank: Number(row[RANK]),
    document: row['row'] as StoredDocument,
  }))(rows);
}

/** One scan of the children of all owners, where no index leads to them. */
async function findByScan(reader: ClassReader, plan: Plan, link: Link): Promise<Pages> {
  const { find, schema, ownerIds, match, sort, projection } = plan;
  const key = storedName(schema, link.field);
  const owners = new Map(ownerIds.map((id) => [ownerKey(link, id), id] as const));
  const rows = await reader.commands.aggregate(
    find.className,
    [
      { $match: allFilters({ [key]: { $in: [...owners.keys()] } }, match) },
      ...project(projection === undefined ? undefined : withKey(projection, key)),
      ...rankWithin(`$${key}`, sort, find),
    ],
    find.readPreference,
  );
  return collectPages(reader, plan, (row) => ({
    owner: owners.get(String(row[key])),
    rank: Number(row[RANK]),
    document: row,
  }))(rows);
}

/** One row per owner, each reading no more than its page from the index. */
async function findByLookup(reader: ClassReader, plan: Plan, link: Link): Promise<Pages> {
  const { find, schema, ownerIds, match, sort, projection } = plan;
  const { skip, limit } = find.page;
  const rows = await reader.commands.aggregateRows(
    [
      { $documents: ownerIds.map((id) => ({ owner: id, key: ownerKey(link, id) })) },
      {
        $lookup: {
          from: reader.commands.collectionName(find.className),
          localField: 'key',
          foreignField: storedName(schema, link.field),
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
  const ranked = rows.flatMap(({ owner, rows: children }) =>
    (children as readonly StoredDocument[]).map((document, rank) => ({ owner, rank, document })),
  );
  return collectPages(reader, plan, (row) => row as unknown as RankedRow)(ranked);
}

interface RankedRow {
  readonly owner: unknown;
  readonly rank: number;
  readonly document: StoredDocument;
}

/** Rows of all owners in any order → a page for each owner, in the request's order. */
function collectPages(
  reader: ClassReader,
  { find, ownerIds }: Plan,
  read: (row: StoredDocument) => RankedRow,
): (rows: readonly StoredDocument[]) => Pages {
  return (rows) => {
    const documents = new Map(ownerIds.map((id) => [id, [] as StoredDocument[]]));
    const ranked = rows.map(read).sort((a, b) => a.rank - b.rank);
    for (const { owner, document } of find.page.fromEnd ? ranked.reverse() : ranked) {
      if (typeof owner === 'string') documents.get(owner)?.push(document);
    }
    return new Map(
      [...documents].map(([id, own]) => [id, reader.decode(own, find.className, find.select)]),
    );
  };
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

function project(projection: Projection): readonly StoredFilter[] {
  return projection === undefined ? [] : [{ $project: projection }];
}

/** An excluding projection keeps the key anyway. */
function withKey(projection: NonNullable<Projection>, key: string): Projection {
  return projection['_id'] === 1 ? { ...projection, [key]: 1 } : projection;
}

function prefixed(sort: StoredSort, prefix: string): StoredSort {
  return Object.fromEntries(Object.entries(sort).map(([key, way]) => [`${prefix}${key}`, way]));
}

function ownerKey({ ownerClass }: Link, ownerId: string): string {
  return encodePointer(new Pointer(ownerClass, ownerId));
}

function hasIndexOn({ indexes }: ClassSchema, key: string): boolean {
  return [...indexes.values()].some((parts) => Object.keys(parts)[0] === key);
}

function emptyPages(ownerIds: readonly string[]): Pages {
  return new Map(ownerIds.map((id) => [id, []]));
}

async function findOneByOne(
  reader: ClassReader,
  { link, ownerIds, find }: RelatedRequest,
): Promise<Pages> {
  return eachOwner(ownerIds, (id) =>
    findPage(reader, { ...find, where: allOf(childOf(link, id), find.where) }),
  );
}

/** The children of one owner, as a constraint. */
function childOf(link: Link, ownerId: string): Constraint {
  const owner = new Pointer(link.ownerClass, ownerId);
  return link.kind === 'relation'
    ? { kind: 'relatedTo', owner, field: link.field }
    : { kind: 'compare', column: column(link.field), comparison: 'equal', value: owner };
}

async function eachOwner<T>(
  ownerIds: readonly string[],
  read: (ownerId: string) => Promise<T>,
): Promise<ReadonlyMap<string, T>> {
  const results = new Map<string, T>();
  for (let first = 0; first < ownerIds.length; first += OWNERS_AT_ONCE) {
    const chunk = ownerIds.slice(first, first + OWNERS_AT_ONCE);
    const read1 = await Promise.all(chunk.map(async (id) => [id, await read(id)] as const));
    for (const [id, result] of read1) results.set(id, result);
  }
  return results;
}

/** Owner id → number of its children; a member that stands in the relation twice counts once. Cost: 1 command, +1 for each nested query. */
export async function countRelatedObjects(
  reader: ClassReader,
  { link, ownerIds: given, count }: RelatedCountRequest,
  abilities: RelatedAbilities,
): Promise<ReadonlyMap<string, number>> {
  const ownerIds = [...new Set(given)];
  if (ownerIds.length === 0) return new Map();
  const parts = count.where.kind === 'and' ? count.where.parts : [count.where];
  if (!abilities.hasDocumentsStage || parts.some(({ kind }) => kind === 'text')) {
    return eachOwner(ownerIds, (id) =>
      countObjects(reader, { ...count, where: allOf(childOf(link, id), count.where) }),
    );
  }
  const schema = reader.schemaOf(count.className);
  const match = await reader.filterOf(count.className, count.where);
  const keys = new Map(
    ownerIds.map((id) => [link.kind === 'relation' ? id : ownerKey(link, id), id]),
  );
  const rows =
    link.kind === 'relation'
      ? await reader.commands.aggregate(
          joinName(link.ownerClass, link.field),
          [
            { $match: { owningId: { $in: ownerIds } } },
            { $group: { _id: { owner: '$owningId', related: '$relatedId' } } },
            {
              $lookup: {
                from: reader.commands.collectionName(count.className),
                localField: '_id.related',
                foreignField: '_id',
                pipeline: [{ $match: match }, { $project: { _id: 1 } }],
                as: 'row',
              },
            },
            { $unwind: '$row' },
            { $group: { _id: '$_id.owner', count: { $sum: 1 } } },
          ],
          count.readPreference,
        )
      : await reader.commands.aggregate(
          count.className,
          [
            {
              $match: allFilters(
                { [storedName(schema, link.field)]: { $in: [...keys.keys()] } },
                match,
              ),
            },
            { $group: { _id: `$${storedName(schema, link.field)}`, count: { $sum: 1 } } },
          ],
          count.readPreference,
        );
  const counts = new Map(ownerIds.map((id) => [id, 0]));
  for (const { _id, count: number } of rows) {
    const owner = keys.get(String(_id));
    if (owner !== undefined) counts.set(owner, Number(number));
  }
  return counts;
}
