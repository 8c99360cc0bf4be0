import type { ClassSchema } from '../../parse/class-schema.ts';
import { allOf } from '../../query/constraint.ts';
import {
  BY_OBJECT_ID,
  type FindRequest,
  type RelatedPages,
  type RelatedRequest,
} from '../../query/find-request.ts';
import { orderingConstraint, type ClassReader } from './class-reader.ts';
import type { StoredDocument } from './document.ts';
import { combine, type StoredFilter } from './filter.ts';
import { childrenByIndex, childrenByScan } from './find-children.ts';
import { membersByPlace, membersByScan } from './find-members.ts';
import { membersByText } from './find-text-members.ts';
import { findPage } from './find.ts';
import { joinName } from './join-rows.ts';
import { compileKeyset, compileSort } from './page.ts';
import { NEARNESS, tellNearness } from './nearness.ts';
import { compileProjection, including } from './projection.ts';
import { RELEVANCE, searchesText, TELL_RELEVANCE } from './relevance.ts';
import { eachLink, runTogether, type AnsweredAlone, type RelatedQuery } from './related-query.ts';
import { followPointers, storedOrder, withTargets } from './stored-order.ts';
import {
  childOf,
  eachOwner,
  type RankedQuery,
  type RankedRow,
  type RelatedAbilities,
  type RelatedPlan,
} from './related-rows.ts';
import { storedName } from './system-columns.ts';

/**
 * For each request the same page for each of its owners, cut in the database; each is answered or fails for itself.
 *
 * Cost: 1 command for all requests with one link, class and read preference, however many owners they have; +1 for each nested query of a constraint,
 * +1 for a request that meets a join row twice. One by one (a command or two for each owner) on servers before 5.1.
 *
 * Looked at are as many documents as the pages have, where an index leads to the rows in their order: for relations that is the
 * order by `objectId` and an index on the join rows, for pointers one that begins with the pointer. In other orders all members, and
 * with a text search all objects that the text is found in.
 */
export function findRelatedPages(
  reader: ClassReader,
  requests: readonly RelatedRequest[],
  abilities: RelatedAbilities,
): readonly Promise<RelatedPages>[] {
  return eachLink(
    requests,
    ({ find }) => find,
    (together) =>
      runTogether(
        reader,
        together.map((request) =>
          queryPages(reader, request, { abilities, isOnly: together.length === 1 }),
        ),
      ),
  );
}

async function queryPages(
  reader: ClassReader,
  { link, find, ownerIds: given }: RelatedRequest,
  { abilities, isOnly }: { readonly abilities: RelatedAbilities; readonly isOnly: boolean },
): Promise<RelatedQuery<RelatedPages> | AnsweredAlone<RelatedPages>> {
  const ownerIds = [...new Set(given)];
  if (ownerIds.length === 0 || find.page.limit <= 0) {
    return {
      kind: 'alone',
      answer: () => Promise.resolve(new Map(ownerIds.map((id) => [id, []]))),
    };
  }
  const isPlain = isOnly && ownerIds.length === 1 && link.kind === 'inverse';
  if (isPlain || !abilities.hasDocumentsStage) {
    const one = (id: string) =>
      findPage(reader, { ...find, where: allOf(childOf(link, id), find.where) });
    return { kind: 'alone', answer: () => eachOwner(ownerIds, one) };
  }
  const plan = await planRelated(reader, { link, find, ownerIds });
  const query = await (link.kind === 'relation'
    ? queryMembers(reader, plan, abilities)
    : queryChildren(reader, plan, abilities));
  return { ...query, answer: async (rows) => collect(reader, plan, await query.answer(rows)) };
}

async function planRelated(
  reader: ClassReader,
  { link, find, ownerIds }: RelatedRequest,
): Promise<RelatedPlan> {
  const { className, page } = find;
  const schema = reader.schemaOf(className);
  const own = ownOrder(find, schema);
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
      ...(own === undefined ? [] : [own.stage]),
    ],
    sort:
      own === undefined ? sort : { [own.key]: page.fromEnd ? flipped(own.way) : own.way, ...sort },
    projection: own === undefined ? projection : including(projection, own.key),
  };
}

/** An order that the constraint itself gives: the stage that tells a row's place in it, where that stands, and which way it goes. */
interface OwnOrder {
  readonly stage: StoredFilter;
  readonly key: string;
  readonly way: 1 | -1;
}

/** The order by nearness or relevance, where the request leaves the order to it. */
function ownOrder(find: FindRequest, schema: ClassSchema): OwnOrder | undefined {
  const ordering = orderingConstraint(find);
  if (ordering?.kind === 'text') return { stage: TELL_RELEVANCE, key: RELEVANCE, way: -1 };
  return ordering && { stage: tellNearness(ordering, schema), key: NEARNESS, way: 1 };
}

function flipped(way: 1 | -1): 1 | -1 {
  return way === 1 ? -1 : 1;
}

async function queryMembers(
  reader: ClassReader,
  plan: RelatedPlan,
  { hasIndex }: RelatedAbilities,
): Promise<RankedQuery> {
  const { link, find } = plan;
  if (searchesText(find.where)) return membersByText(reader, plan);
  const isByPlace =
    Object.keys(plan.sort)[0] === '_id' &&
    !skipsFromEnd(find) &&
    (await hasIndex(joinName(link.ownerClass, link.field), ['owningId']));
  return isByPlace ? membersByPlace(reader, plan) : membersByScan(reader, plan);
}

async function queryChildren(
  reader: ClassReader,
  plan: RelatedPlan,
  { hasIndex }: RelatedAbilities,
): Promise<RankedQuery> {
  const { link, find, schema } = plan;
  const isByIndex =
    !searchesText(find.where) &&
    !skipsFromEnd(find) &&
    (await hasIndex(find.className, [storedName(schema, link.field)]));
  return isByIndex ? childrenByIndex(reader, plan) : childrenByScan(plan);
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
): RelatedPages {
  const documents = new Map(ownerIds.map((id) => [id, [] as StoredDocument[]]));
  const ranked = rows.toSorted((a, b) => a.rank - b.rank);
  for (const { owner, document } of find.page.fromEnd ? ranked.reverse() : ranked) {
    if (typeof owner === 'string') documents.get(owner)?.push(document);
  }
  return new Map(
    [...documents].map(([id, own]) => [id, reader.decode(own, find.className, find.select, order)]),
  );
}
