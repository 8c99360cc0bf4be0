import type { Constraint } from '../../query/constraint.ts';
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
  switch (where.kind) {
    case 'and':
    case 'or':
    case 'nor':
      return where.parts.some(searchesText);
    default:
      return where.kind === 'text';
  }
}
