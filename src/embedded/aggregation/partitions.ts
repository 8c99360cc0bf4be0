import type { Collation, Document } from '../engine/engine.ts';
import { compareValues } from '../query/compare-values.ts';
import { equalityKey } from '../query/equality-key.ts';

/** Documents with one partition key, in the order they came. */
export interface Partition {
  readonly key: unknown;
  readonly documents: Document[];
}

/** Parts documents by a key; partitions come in the order of their keys. */
export function partitionBy(
  input: Iterable<Document>,
  keyOf: (document: Document) => unknown,
  collation: Collation | undefined,
): readonly Partition[] {
  const partitions = new Map<string, Partition>();
  for (const document of input) {
    const key = keyOf(document) ?? null;
    const id = equalityKey(key, collation);
    const known = partitions.get(id);
    if (known === undefined) partitions.set(id, { key, documents: [document] });
    else known.documents.push(document);
  }
  return [...partitions.values()].sort((a, b) => compareValues(a.key, b.key, collation));
}
