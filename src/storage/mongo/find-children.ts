import type { ClassReader } from './class-reader.ts';
import { combine } from './filter.ts';
import { including, project } from './projection.ts';
import {
  ownerKeys,
  RANK,
  rankedRow,
  rankWithin,
  type RankedQuery,
  type RelatedPlan,
} from './related-rows.ts';

/** One scan of the objects that point at any of the owners, where no index leads to them or a text is searched for. */
export function childrenByScan({ link, find, ownerIds, ...plan }: RelatedPlan): RankedQuery {
  const { schema, match, stages, sort, projection } = plan;
  const { key, owners } = ownerKeys(link, ownerIds, schema);
  return {
    kind: 'query',
    request: find,
    collection: find.className,
    pipeline: [
      { $match: combine([{ [key]: { $in: [...owners.keys()] } }, match]) },
      ...stages,
      // The key must survive to tell the owner.
      ...project(including(projection, key)),
      ...rankWithin(`$${key}`, sort, find),
    ],
    answer: (rows) =>
      rows.map((document) => ({
        owner: owners.get(String(document[key])),
        rank: Number(document[RANK]),
        document,
      })),
  };
}

/** One look-up per owner, each reading no more than its page from an index in the page's order. */
export function childrenByIndex(reader: ClassReader, plan: RelatedPlan): RankedQuery {
  const { link, find, schema, ownerIds, match, stages, sort, projection } = plan;
  const { skip, limit } = find.page;
  const { key, owners } = ownerKeys(link, ownerIds, schema);
  return {
    kind: 'query',
    request: find,
    collection: undefined,
    pipeline: [
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
      { $unwind: { path: '$row', includeArrayIndex: RANK } },
    ],
    answer: (rows) => rows.map(rankedRow),
  };
}
