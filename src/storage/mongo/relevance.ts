import type { Constraint } from '../../query/constraint.ts';
import { innerConstraints } from '../../query/inner-constraints.ts';
import type { StoredFilter } from './filter.ts';

/** Where a row's relevance stands while it is sorted by it; no column can have this name. */
export const RELEVANCE = '__relevance';

/** The stage, right behind the search for a text, that tells how well each row answers it: greater is better. */
export const TELL_RELEVANCE: StoredFilter = { $set: { [RELEVANCE]: { $meta: 'textScore' } } };

/**
 * Whether a text is searched for among the class's own rows: such a search can stand only where a pipeline begins. For constraints
 * whose size is bounded already.
 */
export function searchesText(where: Constraint): boolean {
  // What means another class's objects is asked of them on its own.
  const ofSameRows = innerConstraints(where).filter(({ className }) => className === undefined);
  return where.kind === 'text' || ofSameRows.some((inner) => searchesText(inner.where));
}
