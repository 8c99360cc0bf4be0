import { compileFilter } from '../../query/compile-filter.ts';
import { splitPath } from '../../query/paths.ts';
import { collationFold, isFoldable, type Fold } from '../../query/collation-fold.ts';
import type { Document, IndexDirection, IndexSpec } from '../engine.ts';

export interface PreparedPart {
  readonly path: string;
  readonly parts: readonly string[];
  readonly direction: IndexDirection;
  readonly isDescending: boolean;
  /** Keys are in the order of values; false for text, geometry and hashed. */
  readonly isOrdered: boolean;
}

/** An index specification with everything that is computed from it once. */
export interface PreparedIndex {
  readonly spec: IndexSpec;
  readonly parts: readonly PreparedPart[];
  readonly fold: Fold | undefined;
  /** Whether equality bounds on strings can be trusted (see collation-fold). */
  readonly isFoldExact: boolean;
  /** Whether a document belongs in a partial index; undefined when all do. */
  readonly accepts: ((document: Document) => boolean) | undefined;
  /** Kept in the unique layout, which `_id` and unique indexes have. */
  readonly isUnique: boolean;
}

const prepared = new WeakMap<IndexSpec, PreparedIndex>();

/** Computes once per specification object what its keys are made with. @throws StoreError for a bad partial filter or collation. */
export function prepareIndex(spec: IndexSpec): PreparedIndex {
  const known = prepared.get(spec);
  if (known !== undefined) return known;
  const { collation, partialFilterExpression } = spec;
  const made: PreparedIndex = {
    spec,
    parts: spec.key.map(([path, direction]) => ({
      path,
      parts: splitPath(path),
      direction,
      isDescending: direction === -1,
      isOrdered: direction === 1 || direction === -1,
    })),
    fold: collation === undefined ? undefined : collationFold(collation),
    isFoldExact: collation === undefined || isFoldable(collation),
    accepts:
      partialFilterExpression === undefined
        ? undefined
        : compileFilter(partialFilterExpression, { collation }),
    isUnique: spec.unique,
  };
  prepared.set(spec, made);
  return made;
}
