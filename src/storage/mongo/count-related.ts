import { allOf } from '../../query/constraint.ts';
import type { RelatedCountRequest, RelatedCounts } from '../../query/find-request.ts';
import type { ClassReader } from './class-reader.ts';
import type { StoredDocument } from './document.ts';
import { combine, type StoredFilter } from './filter.ts';
import { meetOwners } from './find-text-members.ts';
import { countObjects } from './find.ts';
import { joinName } from './join-rows.ts';
import { eachLink, runTogether, type AnsweredAlone, type RelatedQuery } from './related-query.ts';
import { searchesText } from './relevance.ts';
import {
  childOf,
  eachOwner,
  idsAsked,
  joinMembers,
  ownerKeys,
  type RelatedAbilities,
} from './related-rows.ts';

/**
 * For each request: owner id → number of its children, of which each is looked at once; each is answered or fails for itself.
 * Cost: 1 command for all requests with one link, class and read preference, however many owners they have; +1 for each nested query. One by one on
 * servers before 5.1.
 */
export function countRelatedObjects(
  reader: ClassReader,
  requests: readonly RelatedCountRequest[],
  abilities: RelatedAbilities,
): readonly Promise<RelatedCounts>[] {
  return eachLink(
    requests,
    ({ count }) => count,
    (together) =>
      runTogether(
        reader,
        together.map((request) => queryCounts(reader, request, abilities)),
      ),
  );
}

async function queryCounts(
  reader: ClassReader,
  request: RelatedCountRequest,
  { hasDocumentsStage }: RelatedAbilities,
): Promise<RelatedQuery<RelatedCounts> | AnsweredAlone<RelatedCounts>> {
  const { link, count } = request;
  const ownerIds = [...new Set(request.ownerIds)];
  if (ownerIds.length === 0) return { kind: 'alone', answer: () => Promise.resolve(new Map()) };
  if (!hasDocumentsStage) {
    const one = (id: string) =>
      countObjects(reader, { ...count, where: allOf(childOf(link, id), count.where) });
    return { kind: 'alone', answer: () => eachOwner(ownerIds, one) };
  }
  const filter = await reader.filterOf(count.className, count.where, count);
  const unique: RelatedCountRequest = { ...request, ownerIds };
  if (link.kind === 'inverse') return countChildren(reader, unique, filter);
  return searchesText(count.where)
    ? countFound(reader, unique, filter)
    : countMembers(reader, unique, filter);
}

function countMembers(
  reader: ClassReader,
  { link, ownerIds, count }: RelatedCountRequest,
  filter: StoredFilter,
): RelatedQuery<RelatedCounts> {
  return {
    kind: 'query',
    request: count,
    collection: joinName(link.ownerClass, link.field),
    pipeline: [
      ...joinMembers(ownerIds, {
        collection: reader.commands.collectionName(count.className),
        ids: idsAsked(count.where, reader.schemaOf(count.className)),
        pipeline: [{ $match: filter }, { $project: { _id: 1 } }],
      }),
      { $group: { _id: '$_id.owner', count: { $sum: 1 } } },
    ],
    answer: (rows) => collect(rows, ownerIds, (key) => key),
  };
}

/** As `countMembers`, but for a text search, which must stand first. */
function countFound(
  reader: ClassReader,
  { link, ownerIds, count }: RelatedCountRequest,
  filter: StoredFilter,
): RelatedQuery<RelatedCounts> {
  return {
    kind: 'query',
    request: count,
    collection: count.className,
    pipeline: [
      { $match: filter },
      { $project: { _id: 1 } },
      ...meetOwners(reader, { link, ownerIds, find: count }),
      { $group: { _id: '$owner', count: { $sum: 1 } } },
    ],
    answer: (rows) => collect(rows, ownerIds, (key) => key),
  };
}

function countChildren(
  { schemaOf }: ClassReader,
  { link, ownerIds, count }: RelatedCountRequest,
  filter: StoredFilter,
): RelatedQuery<RelatedCounts> {
  const { key, owners } = ownerKeys(link, ownerIds, schemaOf(count.className));
  return {
    kind: 'query',
    request: count,
    collection: count.className,
    pipeline: [
      { $match: combine([{ [key]: { $in: [...owners.keys()] } }, filter]) },
      { $group: { _id: `$${key}`, count: { $sum: 1 } } },
    ],
    answer: (rows) => collect(rows, ownerIds, (stored) => owners.get(stored)),
  };
}

/** Owners without a row have no children. */
function collect(
  rows: readonly StoredDocument[],
  ownerIds: readonly string[],
  ownerOf: (key: string) => string | undefined,
): RelatedCounts {
  const counts = new Map(ownerIds.map((id) => [id, 0]));
  for (const { _id: key, count } of rows) {
    const owner = typeof key === 'string' ? ownerOf(key) : undefined;
    if (owner !== undefined) counts.set(owner, Number(count));
  }
  return counts;
}
