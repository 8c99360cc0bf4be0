import type {
  CollectionOptions,
  Document,
  Namespace,
  ReadQuery,
  Snapshot,
} from '../../../src/embedded/engine/engine.ts';
import { compileFilter } from '../../../src/embedded/query/compile-filter.ts';
import { compileSort } from '../../../src/embedded/query/compile-sort.ts';

export interface MemorySnapshot extends Snapshot {
  /** Every read, in order. */
  readonly reads: { readonly collection: string; readonly query: ReadQuery }[];
}

/**
 * Collections as lists, read without an index unless named in `indexed`.
 *
 * The pipeline's own rules are tested on it; how the engine reads is the engine's own test.
 */
export function memorySnapshot(
  collections: Readonly<Record<string, readonly Document[]>>,
  views: Readonly<Record<string, CollectionOptions>> = {},
  indexed: readonly string[] = [],
): MemorySnapshot {
  const reads: MemorySnapshot['reads'] = [];
  const documentsOf = ({ collection }: Namespace) => collections[collection] ?? [];
  return {
    reads,
    collection: (namespace) => ({
      namespace,
      uuid: new Uint8Array(16),
      options: views[namespace.collection] ?? {},
      indexes: [],
    }),
    collections: () => [],
    size: (namespace) => documentsOf(namespace).length,
    dataSize: () => 0,
    findRaw: () => {
      throw new Error('a pipeline reads decoded documents');
    },
    explain: ({ collection }) => ({
      plan: indexed.includes(collection) ? 'IXSCAN' : 'COLLSCAN',
      keysExamined: 0,
      documentsExamined: 0,
    }),
    *find(namespace, query) {
      reads.push({ collection: namespace.collection, query });
      const { filter = {}, sort = [], skip = 0, limit = Infinity, collation, variables } = query;
      const found = documentsOf(namespace).filter(compileFilter(filter, { collation, variables }));
      yield* found.sort(compileSort(sort, collation)).slice(skip, skip + limit);
    },
  };
}
