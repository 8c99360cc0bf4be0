import type { ParseObject } from '../../parse/object.ts';
import { allOf, type ConstraintOfKind } from '../../query/constraint.ts';
import { BY_OBJECT_ID, type FindRequest, type RelatedRequest } from '../../query/find-request.ts';
import { orderingConstraint, type ClassReader } from './class-reader.ts';
import type { StoredDocument } from './document.ts';
import { combine } from './filter.ts';
import { readChildrenByIndex, readChildrenByScan } from './find-children.ts';
import { readMembersByScan, readPlacesOfMembers } from './find-members.ts';
import { findPage } from './find.ts';
import { joinName } from './join-rows.ts';
import { compileKeyset, compileSort } from './page.ts';
import { NEARNESS, tellNearness } from './nearness.ts';
import { compileProjection, including } from './projection.ts';
import { followPointers, storedOrder, withTargets } from './stored-order.ts';
import {
  childOf,
  eachOwner,
  type RankedRow,
  type RelatedAbilities,
  type RelatedPlan,
} from './related-rows.ts';
import { storedName } from './system-columns.ts';

type Pages = ReadonlyMap<string, readonly ParseObject[]>;

/**
 * The same page for each of many owners, cut in the database.
 *
 * Cost: 1 command for any number of owners, +1 for each nested query of the constraint, +1 when join rows are found twice. One by
 * one (a command or two for each owner) where a text is searched for, and on servers before 5.1.
 *
 * Looked at are as many documents as the pages have, where an index leads to the rows in their order: for relations that is the
 * order by `objectId` and an index on the join rows, for pointers one that begins with the pointer. In other orders all members.
 */
export async function findRelatedPages(
  reader: ClassReader,
  { link, find, ownerIds: given }: RelatedRequest,
  abilities: RelatedAbilities,
): Promise<Pages> {
  const ownerIds = [...new Set(given)];
  if (ownerIds.length === 0 || find.page.limit <= 0) return new Map(ownerIds.map((id) => [id, []]));
  const isPlain = ownerIds.length === 1 && link.kind === 'inverse';
  if (isPlain || !abilities.hasDocumentsStage || !isPipelined(find)) {
    return eachOwner(ownerIds, (id) =>
      findPage(reader, { ...find, where: allOf(childOf(link, id), find.where) }),
    );
  }
  const plan = await planRelated(reader, { link, find, ownerIds });
  const rows = await (link.kind === 'relation'
    ? readMembers(reader, plan, abilities)
    : readChildren(reader, plan, abilities));
  return collect(reader, plan, rows);
}

/** A text can be searched for only where a pipeline begins. */
function isPipelined({ where }: FindRequest): boolean {
  const parts = where.kind === 'and' ? where.parts : [where];
  return !parts.some(({ kind }) => kind === 'text');
}

async function planRelated(
  reader: ClassReader,
  { link, find, ownerIds }: RelatedRequest,
): Promise<RelatedPlan> {
  const { className, page } = find;
  const schema = reader.schemaOf(className);
  const near = orderingNear(find);
  const keys = find.order.length > 0 ? find.order : [BY_OBJECT_ID];
  const order = storedOrder(keys, className, reader.schemaOf);
  const filter = await reader.filterOf(className, find.where, find);
  const keyset = compileKeyset(page, order);
  const targets = await followPointers(order, schema, reader);
  const hasTargets = targets.length > 0;
  const sort = compileSort(order, page.fromEnd);
  const projection = withTargets(compileProjection(find.select, schema, keys), order);
  return {
    link,
    find,
    schema,
    ownerIds,
    order,
    match: hasTargets ? filter : combine([filter, keyset]),
    stages: [
      ...(hasTargets ? [...targets, { $match: keyset }] : []),
      ...(near === undefined ? [] : [tellNearness(near, schema)]),
    ],
    sort: near === undefined ? sort : { [NEARNESS]: page.fromEnd ? -1 : 1, ...sort },
    projection: near === undefined ? projection : including(projection, NEARNESS),
  };
}

/** The nearness that orders the rows, where the request leaves the order to it. */
function orderingNear(find: FindRequest): ConstraintOfKind<'near'> | undefined {
  if (orderingConstraint(find) !== 'near') return undefined;
  const parts = find.where.kind === 'and' ? find.where.parts : [find.where];
  return parts.find((part) => part.kind === 'near');
}

async function readMembers(
  reader: ClassReader,
  plan: RelatedPlan,
  { hasIndex }: RelatedAbilities,
): Promise<readonly RankedRow[]> {
  const { link, find } = plan;
  const isByPlace =
    Object.keys(plan.sort)[0] === '_id' &&
    !skipsFromEnd(find) &&
    (await hasIndex(joinName(link.ownerClass, link.field), ['owningId']));
  if (!isByPlace) return readMembersByScan(reader, plan);
  const { rows, doubtful } = await readPlacesOfMembers(reader, plan);
  if (doubtful.length === 0) return rows;
  return [...rows, ...(await readMembersByScan(reader, { ...plan, ownerIds: doubtful }))];
}

async function readChildren(
  reader: ClassReader,
  plan: RelatedPlan,
  { hasIndex }: RelatedAbilities,
): Promise<readonly RankedRow[]> {
  const { link, find, schema } = plan;
  const isByIndex =
    !skipsFromEnd(find) && (await hasIndex(find.className, [storedName(schema, link.field)]));
  return isByIndex ? readChildrenByIndex(reader, plan) : readChildrenByScan(reader, plan);
}

/** The last rows, but none of the first: only who has counted the rows can tell. */
function skipsFromEnd({ page }: FindRequest): boolean {
  return page.fromEnd && page.skip > 0;
}

/** Rows of all owners in any order → a page for each owner, in the request's order. */
function collect(
  reader: ClassReader,
  { find, ownerIds, order }: RelatedPlan,
  rows: readonly RankedRow[],
): Pages {
  const documents = new Map(ownerIds.map((id) => [id, [] as StoredDocument[]]));
  const ranked = rows.toSorted((a, b) => a.rank - b.rank);
  for (const { owner, document } of find.page.fromEnd ? ranked.reverse() : ranked) {
    if (typeof owner === 'string') documents.get(owner)?.push(document);
  }
  return new Map(
    [...documents].map(([id, own]) => [id, reader.decode(own, find.className, find.select, order)]),
  );
}
