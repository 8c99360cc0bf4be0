import type { Document, Namespace, Snapshot } from '../engine/engine.ts';
import { refuseAt } from '../query/refuse.ts';

/** Where a collection's or a view's documents come from. */
export interface ReadTarget {
  /** The collection that is stored. */
  readonly namespace: Namespace;
  /** What a view does to its documents; empty for a collection. */
  readonly pipeline: readonly Document[];
}

const MAX_VIEW_DEPTH = 20;

/** Follows views down to the collection they stand on. @throws StoreError 165 when they are too many. */
export function readNamespace(snapshot: Snapshot, namespace: Namespace): ReadTarget {
  let current = namespace;
  let pipeline: readonly Document[] = [];
  for (let depth = 0; depth <= MAX_VIEW_DEPTH; depth++) {
    const options = snapshot.collection(current)?.options;
    if (options?.viewOn === undefined) return { namespace: current, pipeline };
    pipeline = [...(options.pipeline ?? []), ...pipeline];
    current = { database: current.database, collection: options.viewOn };
  }
  return refuseAt(165, `View depth limit exceeded; maximum depth is ${MAX_VIEW_DEPTH}`);
}
