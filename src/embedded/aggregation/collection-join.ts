import type { Document, Namespace } from '../engine/engine.ts';
import { bsonTypeOf, isPlainObject } from '../query/bson-values.ts';
import { equalityKey } from '../query/equality-key.ts';
import { splitPath, visitPath } from '../query/paths.ts';
import type { PipelineContext } from './pipeline-context.ts';
import { readNamespace } from './read-namespace.ts';

/** Finds the documents of a collection that have one of some values at a path. */
export interface CollectionJoin {
  /** Matching documents, each once, in the collection's order. */
  matching(values: readonly unknown[]): Iterable<Document>;
  /**
   * What a pipeline makes of the matching documents. With an index, a leading `$match`, `$sort`, `$skip` and `$limit` are one read
   * with the join, so that an index over the joined path and the order gives the first few without reading the rest.
   */
  through(values: readonly unknown[], inner: InnerPipeline): Iterable<Document>;
}

/** What is run on the documents that a join finds. */
export interface InnerPipeline {
  readonly pipeline: readonly Document[];
  readonly variables: Document;
}

/** The filter for documents that have one of the values at a path; null means absent too. */
export function joinFilter(path: string, values: readonly unknown[]): Document {
  const [only] = values;
  if (values.length === 1) return { [path]: { $eq: only ?? null } };
  // A regular expression in `$in` would match text; as a value it is compared.
  if (values.some((value) => bsonTypeOf(value) === 'regex')) {
    return { $or: values.map((value) => ({ [path]: { $eq: value ?? null } })) };
  }
  return { [path]: { $in: values.map((value) => value ?? null) } };
}

/** Stages that mean the same behind the join's own `$match`. */
const JOINABLE: ReadonlySet<string> = new Set(['$match', '$sort', '$skip', '$limit']);

function isJoinable([first]: readonly Document[]): boolean {
  if (first === undefined) return false;
  const [name = ''] = Object.keys(first);
  const filter = first['$match'];
  const needsFirstPlace = isPlainObject(filter) && '$text' in filter;
  return JOINABLE.has(name) && !needsFirstPlace;
}

/** How many look-ups by scan are put up with before the collection is read once into a table. */
const MAX_SCANS = 1;

/**
 * Joins to a collection or view by equality: with an index, by one narrow read each time; without, by
 * reading the collection once into a table in memory.
 *
 * @param restriction a further filter that all documents must match.
 */
export function createCollectionJoin(
  namespace: Namespace,
  path: string,
  context: PipelineContext,
  restriction?: Document,
): CollectionJoin {
  let scans = 0;
  let isIndexed: boolean | undefined;
  let table: JoinTable | undefined;
  const read = (values?: readonly unknown[]): Iterable<Document> => {
    const filter = values === undefined ? {} : joinFilter(path, values);
    const stages = [
      { $match: restriction === undefined ? filter : { $and: [filter, restriction] } },
    ];
    return context.run(stages, { database: namespace.database, collection: namespace.collection });
  };
  const hasIndex = (values: readonly unknown[]): boolean => {
    const target =
      context.snapshot === undefined ? undefined : readNamespace(context.snapshot, namespace);
    if (context.snapshot === undefined || target === undefined || target.pipeline.length > 0)
      return false;
    const query = {
      filter: joinFilter(path, values),
      ...(context.collation && { collation: context.collation }),
    };
    return context.snapshot.explain(target.namespace, query).plan !== 'COLLSCAN';
  };
  const matching = (values: readonly unknown[]): Iterable<Document> => {
    if (values.length === 0) return [];
    isIndexed ??= hasIndex(values);
    if (isIndexed) return read(values);
    scans += 1;
    if (scans <= MAX_SCANS) return read(values);
    table ??= buildTable(read(), path, context);
    return table.matching(values);
  };
  return {
    matching,
    through(values, { pipeline, variables }) {
      if (values.length > 0) isIndexed ??= hasIndex(values);
      if (isIndexed !== true || values.length === 0 || !isJoinable(pipeline)) {
        return context.run(pipeline, { variables, documents: matching(values) });
      }
      const own = joinFilter(path, values);
      const filter = restriction === undefined ? own : { $and: [own, restriction] };
      return context.run([{ $match: filter }, ...pipeline], {
        variables,
        database: namespace.database,
        collection: namespace.collection,
      });
    },
  };
}

type JoinTable = Pick<CollectionJoin, 'matching'>;

function buildTable(
  documents: Iterable<Document>,
  path: string,
  { collation }: PipelineContext,
): JoinTable {
  const parts = splitPath(path);
  const places = new Map<string, number[]>();
  const all: Document[] = [];
  for (const document of documents) {
    const place = all.push(document) - 1;
    visitPath(document, parts, true, (value) => {
      const key = equalityKey(value ?? null, collation);
      const known = places.get(key);
      if (known === undefined) places.set(key, [place]);
      else if (known.at(-1) !== place) known.push(place);
      return false;
    });
  }
  return {
    matching(values) {
      const found = new Set<number>();
      for (const value of values) {
        for (const place of places.get(equalityKey(value ?? null, collation)) ?? [])
          found.add(place);
      }
      return [...found]
        .sort((a, b) => a - b)
        .map((place) => all[place])
        .filter((document) => document !== undefined);
    },
  };
}
