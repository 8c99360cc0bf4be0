import { allOf } from '../../query/constraint.ts';
import type { RelatedCountRequest } from '../../query/find-request.ts';
import type { ClassReader } from './class-reader.ts';
import type { StoredDocument } from './document.ts';
import { aggregateWithNeededIndex } from './ensure-index.ts';
import { combine, type StoredFilter } from './filter.ts';
import { meetOwners } from './find-text-members.ts';
import { countObjects } from './find.ts';
import { joinName } from './join-rows.ts';
import { searchesText } from './relevance.ts';
import {
  childOf,
  eachOwner,
  idsAsked,
  joinMembers,
  ownerKeys,
  type RelatedAbilities,
} from './related-rows.ts';

type Counts = ReadonlyMap<string, number>;

/**
 * Owner id → number of its children, of which each is looked at once. Cost: 1 command for any number of owners, +1 for each nested
 * query; one by one on servers before 5.1.
 */
export async function countRelatedObjects(
  reader: ClassReader,
  request: RelatedCountRequest,
  { hasDocumentsStage }: RelatedAbilities,
): Promise<Counts> {
  const { link, count } = request;
  const ownerIds = [...new Set(request.ownerIds)];
  if (ownerIds.length === 0) return new Map();
  if (!hasDocumentsStage) {
    return eachOwner(ownerIds, (id) =>
      countObjects(reader, { ...count, where: allOf(childOf(link, id), count.where) }),
    );
  }
  const unique: RelatedCountRequest = { ...request, ownerIds };
  if (link.kind === 'inverse') return countInverse(reader, unique);
  const filter = await reader.filterOf(count.className, count.where, count);
  const isFound = searchesText(count.where);
  return isFound ? countFound(reader, unique, filter) : countMembers(reader, unique, filter);
}

/** As `countMembers`, but for a text search, which must stand first. */
async function countFound(
  reader: ClassReader,
  { link, ownerIds, count }: RelatedCountRequest,
  filter: StoredFilter,
): Promise<Counts> {
  const pipeline = [
    { $match: filter },
    { $project: { _id: 1 } },
    ...meetOwners(reader, { link, ownerIds, find: count }),
    { $group: { _id: '$owner', count: { $sum: 1 } } },
  ];
  const rows = await aggregateWithNeededIndex(reader, count, pipeline);
  return collect(rows, ownerIds, (key) => key);
}

async function countMembers(
  reader: ClassReader,
  { link, ownerIds, count }: RelatedCountRequest,
  filter: StoredFilter,
): Promise<Counts> {
  const rows = await reader.commands.aggregate(
    joinName(link.ownerClass, link.field),
    [
      ...joinMembers(ownerIds, {
        collection: reader.commands.collectionName(count.className),
        ids: idsAsked(count.where, reader.schemaOf(count.className)),
        pipeline: [{ $match: filter }, { $project: { _id: 1 } }],
      }),
      { $group: { _id: '$_id.owner', count: { $sum: 1 } } },
    ],
    count.readPreference,
  );
  return collect(rows, ownerIds, (key) => key);
}

async function countInverse(
  reader: ClassReader,
  { link, ownerIds, count }: RelatedCountRequest,
): Promise<Counts> {
  const { key, owners } = ownerKeys(link, ownerIds, reader.schemaOf(count.className));
  const match = await reader.filterOf(count.className, count.where, count);
  const rows = await aggregateWithNeededIndex(reader, count, [
    { $match: combine([{ [key]: { $in: [...owners.keys()] } }, match]) },
    { $group: { _id: `$${key}`, count: { $sum: 1 } } },
  ]);
  return collect(rows, ownerIds, (stored) => owners.get(stored));
}

/** Owners without a row have no children. */
function collect(
  rows: readonly StoredDocument[],
  ownerIds: readonly string[],
  ownerOf: (key: string) => string | undefined,
): Counts {
  const counts = new Map(ownerIds.map((id) => [id, 0]));
  for (const { _id: key, count } of rows) {
    const owner = typeof key === 'string' ? ownerOf(key) : undefined;
    if (owner !== undefined) counts.set(owner, Number(count));
  }
  return counts;
}
