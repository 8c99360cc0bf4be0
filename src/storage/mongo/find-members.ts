import type { ClassReader } from './class-reader.ts';
import type { StoredDocument } from './document.ts';
import { combine, type StoredFilter } from './filter.ts';
import { joinName } from './join-rows.ts';
import { compileKeyset } from './page.ts';
import { project } from './projection.ts';
import { runTogether } from './related-query.ts';
import {
  idsAsked,
  joinMembers,
  ofRelated,
  RANK,
  rankedRow,
  rankWithin,
  sortUnderRow,
  type RankedQuery,
  type RankedRow,
  type RelatedPlan,
} from './related-rows.ts';

/** Where the id of the row before stands while it is needed. */
const PREVIOUS = '__previous';

/** The members of all owners' relations, the best of each by rank: every member is looked at. */
export function membersByScan(reader: ClassReader, plan: RelatedPlan): RankedQuery {
  const { link, find, schema, ownerIds, match, stages, sort, projection } = plan;
  return {
    kind: 'query',
    request: find,
    collection: joinName(link.ownerClass, link.field),
    pipeline: [
      ...joinMembers(ownerIds, {
        collection: reader.commands.collectionName(find.className),
        ids: idsAsked(find.where, schema),
        pipeline: [{ $match: match }, ...stages, ...project(projection)],
      }),
      ...rankWithin('$_id.owner', sortUnderRow(sort), find),
    ],
    answer: (rows) =>
      rows.map(({ _id: key, ...row }) =>
        rankedRow({ ...row, owner: (key as { readonly owner?: unknown }).owner }),
      ),
  };
}

/**
 * The members of each owner's relation in the order of their ids: join rows one by one, each with its member, until the page is
 * full. Looked at are as many members as the page has and those that do not count: gone, filtered away, not to be read.
 *
 * A member that is there twice would count twice: owners with one among these rows are read again by `membersByScan`.
 */
export function membersByPlace(reader: ClassReader, plan: RelatedPlan): RankedQuery {
  const { link, find, ownerIds, match, projection } = plan;
  return {
    kind: 'query',
    request: find,
    collection: undefined,
    pipeline: [
      { $documents: ownerIds.map((owner) => ({ owner })) },
      {
        $lookup: {
          from: reader.commands.collectionName(joinName(link.ownerClass, link.field)),
          localField: 'owner',
          foreignField: 'owningId',
          pipeline: [
            ...placesIn(plan),
            {
              $lookup: {
                from: reader.commands.collectionName(find.className),
                localField: 'relatedId',
                foreignField: '_id',
                pipeline: [{ $match: match }, ...project(projection)],
                as: 'row',
              },
            },
            { $unwind: '$row' },
            ...windowOf(plan),
          ],
          as: 'place',
        },
      },
      // Told right behind the lookup, so that no owner's rows need fit into one document.
      { $unwind: { path: '$place', includeArrayIndex: RANK } },
    ],
    answer: async (found) => {
      const { rows, doubtful } = tellDoubtful(found);
      if (doubtful.length === 0) return rows;
      const again = membersByScan(reader, { ...plan, ownerIds: doubtful });
      const scanned = await Promise.all(runTogether(reader, [Promise.resolve(again)]));
      return [...rows, ...scanned.flat()];
    },
  };
}

/** Rows with their ranks, and the owners of which one row follows upon itself. */
function tellDoubtful(found: readonly StoredDocument[]): {
  readonly rows: readonly RankedRow[];
  readonly doubtful: readonly string[];
} {
  const doubtful = new Set<string>();
  const lastIds = new Map<unknown, unknown>();
  const ranked = found.toSorted((a, b) => Number(a[RANK]) - Number(b[RANK]));
  const rows = ranked.map(({ owner, place, [RANK]: rank }): RankedRow => {
    const { row: document, [PREVIOUS]: previous = lastIds.get(owner) } = place as Place;
    if (previous === document['_id']) doubtful.add(String(owner));
    lastIds.set(owner, document['_id']);
    return { owner, rank: Number(rank), document };
  });
  return {
    rows: rows.filter(({ owner }) => !doubtful.has(String(owner))),
    doubtful: [...doubtful],
  };
}

/** A join row's member, and the id of the member before where rows were skipped. */
interface Place {
  readonly row: StoredDocument;
  readonly [PREVIOUS]?: unknown;
}

/** Which join rows, in which order: whatever is asked about ids is asked of them already. */
function placesIn({ find, schema, order, sort }: RelatedPlan): readonly StoredFilter[] {
  const keyset = compileKeyset(find.page, order.slice(0, 1));
  const match = combine([...ofRelated([keyset]), ...idsAsked(find.where, schema)]);
  return [
    ...(Object.keys(match).length > 0 ? [{ $match: match }] : []),
    { $sort: { relatedId: sort['_id'] ?? 1 } },
  ];
}

/** The page, and of the rows that are skipped those that repeat the one before. */
function windowOf({ find: { page }, sort }: RelatedPlan): readonly StoredFilter[] {
  const { skip, limit } = page;
  if (skip === 0) return [{ $limit: limit }, { $project: { _id: 0, row: 1 } }];
  const output = {
    [RANK]: { $documentNumber: {} },
    [PREVIOUS]: { $shift: { output: '$row._id', by: -1 } },
  };
  return [
    { $limit: skip + limit },
    { $setWindowFields: { sortBy: { 'row._id': sort['_id'] ?? 1 }, output } },
    {
      $match: {
        $or: [{ [RANK]: { $gt: skip } }, { $expr: { $eq: ['$row._id', `$${PREVIOUS}`] } }],
      },
    },
    { $project: { _id: 0, row: 1, [PREVIOUS]: 1 } },
  ];
}
