import type { ClassReader } from './class-reader.ts';
import type { StoredDocument } from './document.ts';
import { aggregateWithNeededIndex } from './ensure-index.ts';
import { combine } from './filter.ts';
import { including, project } from './projection.ts';
import { ownerKeys, RANK, rankWithin, type RankedRow, type RelatedPlan } from './related-rows.ts';

/** One scan of the objects that point at any of the owners, where no index leads to them or a text is searched for. */
export async function readChildrenByScan(
  reader: ClassReader,
  plan: RelatedPlan,
): Promise<readonly RankedRow[]> {
  const { link, find, schema, ownerIds, match, stages, sort, projection } = plan;
  const { key, owners } = ownerKeys(link, ownerIds, schema);
  const pipeline = [
    { $match: combine([{ [key]: { $in: [...owners.keys()] } }, match]) },
    ...stages,
    // The key must survive to tell the owner.
    ...project(including(projection, key)),
    ...rankWithin(`$${key}`, sort, find),
  ];
  const rows = await aggregateWithNeededIndex(reader, find, pipeline);
  return rows.map((document) => ({
    owner: owners.get(String(document[key])),
    rank: Number(document[RANK]),
    document,
  }));
}

/** One look-up per owner, each reading no more than its page from an index in the page's order. */
export async function readChildrenByIndex(
  reader: ClassReader,
  plan: RelatedPlan,
): Promise<readonly RankedRow[]> {
  const { link, find, schema, ownerIds, match, stages, sort, projection } = plan;
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
            ...stages,
            { $sort: sort },
            ...(skip > 0 ? [{ $skip: skip }] : []),
            { $limit: limit },
            ...project(projection),
          ],
          as: 'row',
        },
      },
      // Told right behind the lookup, so that no owner's rows need fit into one document.
      { $unwind: '$row' },
    ],
    find.readPreference,
  );
  return rows.map(({ owner, row }, rank) => ({ owner, rank, document: row as StoredDocument }));
}
