import type { Document, Namespace } from '../engine/engine.ts';
import { bsonTypeOf } from '../query/bson-values.ts';
import { equalityKey } from '../query/equality-key.ts';
import { splitPath, visitPath } from '../query/paths.ts';
import type { PipelineContext } from './pipeline-context.ts';
import { readNamespace } from './read-namespace.ts';

/** Finds the documents of a collection that have one of some values at a path. */
export interface CollectionJoin {
  /** Matching documents, each once, in the collection's order. */
  matching(values: readonly unknown[]): Iterable<Document>;
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
  return {
    matching(values) {
      if (values.length === 0) return [];
      isIndexed ??= hasIndex(values);
      if (isIndexed) return read(values);
      scans += 1;
      if (scans <= MAX_SCANS) return read(values);
      table ??= buildTable(read(), path, context);
      return table.matching(values);
    },
  };
}

type JoinTable = CollectionJoin;

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
