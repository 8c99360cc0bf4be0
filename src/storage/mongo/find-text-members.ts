import type { FindRequest, Link } from '../../query/find-request.ts';
import type { ClassReader } from './class-reader.ts';
import { combine, type StoredFilter } from './filter.ts';
import { joinName } from './join-rows.ts';
import { project } from './projection.ts';
import {
  idsAsked,
  rankedRow,
  rankWithin,
  sortUnderRow,
  type RankedQuery,
  type RelatedPlan,
} from './related-rows.ts';

/**
 * The members of all owners' relations among the objects that a text search finds: the search begins on the members' own class,
 * since it can begin nowhere else, and meets the join rows afterwards. Looked at are all objects that the text index leads to and
 * all join rows of the owners, each once.
 */
export function membersByText(reader: ClassReader, plan: RelatedPlan): RankedQuery {
  const { find, match, stages, sort, projection } = plan;
  return {
    kind: 'query',
    request: find,
    collection: find.className,
    pipeline: [
      { $match: match },
      ...stages,
      ...project(projection),
      ...meetOwners(reader, plan),
      ...rankWithin('$owner', sortUnderRow(sort), find),
    ],
    answer: (rows) => rows.map(rankedRow),
  };
}

/** Objects found → `{owner, row}` for each owner whose relation has the object; a member that is there twice counts once. */
export function meetOwners(
  { commands, schemaOf }: ClassReader,
  {
    link,
    ownerIds,
    find: { className, where },
  }: {
    readonly link: Link;
    readonly ownerIds: readonly string[];
    readonly find: Pick<FindRequest, 'className' | 'where'>;
  },
): readonly StoredFilter[] {
  const joined = combine([
    { owningId: { $in: ownerIds } },
    ...idsAsked(where, schemaOf(className)),
  ]);
  return [
    { $project: { row: '$$ROOT' } },
    {
      $unionWith: {
        coll: commands.collectionName(joinName(link.ownerClass, link.field)),
        pipeline: [{ $match: joined }, { $project: { _id: '$relatedId', owner: '$owningId' } }],
      },
    },
    // Of the rows that meet under one id all but the object itself have no `row`.
    { $group: { _id: '$_id', row: { $max: '$row' }, owner: { $addToSet: '$owner' } } },
    { $match: { row: { $ne: null } } },
    { $unwind: '$owner' },
  ];
}
